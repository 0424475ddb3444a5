import assert from 'node:assert/strict';
import test from 'node:test';
import { ImapDown } from '../../server/imap-answers.ts';
import type { ImapSession } from '../../server/imap.ts';
import { Probe, PROBE_EVERY, PROBE_GRACE } from '../../server/probe.ts';
import { HandTimers } from '../support/hand-timers.ts';

/** A probe of an inbox made of memory, and what it asked for. */
function probing() {
  const timers = new HandTimers();
  const inbox = { uidvalidity: '1', uidnext: 5, total: 4, unread: 1, modseq: '10' };
  const line = { up: true, watching: true };
  const seen = { changed: 0, deaf: 0, log: [] as string[] };
  const session = { selectedPath: null, status: async () => ({ ...inbox }) } as unknown as ImapSession;
  const note = (_fields: object, text: string) => void seen.log.push(text);
  const probe = new Probe({
    account: 'a',
    lane: {
      run: async (_urgency, work) => {
        if (!line.up) throw new ImapDown('down');
        return work(session);
      },
    },
    watching: () => line.watching,
    changed: () => void (seen.changed += 1),
    deaf: () => {
      seen.deaf += 1;
      probe.opened();
    },
    timers,
    log: { fatal: note, error: note, warn: note, info: note, debug: note, trace: note },
  });
  probe.start();
  probe.opened();
  /** A whole round: to the next wait for a probe, through the grace if there is one. */
  const round = async () => {
    await timers.elapse(PROBE_EVERY);
    await Promise.race([timers.waiting(PROBE_EVERY), timers.waiting(PROBE_GRACE)]);
    if (timers.pending(PROBE_GRACE) > 0) await timers.elapse(PROBE_GRACE);
    await timers.waiting(PROBE_EVERY);
  };
  return { probe, timers, inbox, line, seen, round };
}

test('a server that never announces flags costs one replacement, and new mail unheard still counts', async () => {
  const { inbox, seen, round } = probing();
  await round();
  for (const modseq of ['11', '12', '13', '14']) {
    inbox.modseq = modseq;
    await round();
  }
  assert.equal(seen.deaf, 1);
  inbox.uidnext += 1;
  inbox.total += 1;
  await round();
  assert.equal(seen.deaf, 2);
});

test('a word that comes within the grace is heard, not deafness', async () => {
  const { probe, timers, inbox, seen, round } = probing();
  await round();
  inbox.uidnext += 1;
  await timers.elapse(PROBE_EVERY);
  await timers.waiting(PROBE_GRACE);
  probe.heard();
  await timers.elapse(PROBE_GRACE);
  await timers.waiting(PROBE_EVERY);
  assert.deepEqual([seen.changed, seen.deaf], [1, 0]);
});

test('a watcher that stays deaf after it was replaced is replaced again, and told of once', async () => {
  const { inbox, seen, round } = probing();
  await round();
  for (let at = 0; at < 3; at += 1) {
    inbox.uidnext += 1;
    await round();
  }
  assert.equal(seen.deaf, 3);
  assert.deepEqual(seen.log, ['the watcher had gone deaf and is replaced']);
});

test('a watcher that is being opened, and a server that is away, are not deaf', async () => {
  const { inbox, line, seen, round } = probing();
  await round();
  line.watching = false;
  inbox.uidnext += 1;
  await round();
  line.watching = true;
  line.up = false;
  await round();
  assert.deepEqual([seen.deaf, seen.log], [0, []]);
  line.up = true;
  await round();
  assert.equal(seen.deaf, 1);
});
