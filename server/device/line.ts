/**
 * A frame as one line for a person: what kind, whose, counts and ids.
 *
 * Decision: no addresses, subjects or texts, so the output of the device may be shown to others; who wants the
 * content asks for whole frames.
 */
import type { Down } from '../../shared/protocol.ts';

/** One line without its end. */
export function lineOf(frame: Down): string {
  switch (frame.t) {
    case 'welcome':
      return `welcome protocol ${frame.protocol} accounts ${frame.accounts.map(({ id }) => id).join(' ') || '-'}`;
    case 'changes': {
      const { from, to, mailboxes, messages, gone, settled, fill, more } = frame;
      const lost = gone.mailboxes.length + gone.messages.length;
      const counts = `mailboxes ${mailboxes.length} messages ${messages.length} gone ${lost} settled ${settled.length}`;
      return `changes ${frame.account} (${from}, ${to}] ${counts}${fill === null ? '' : ' first'}${more ? ' more' : ''}`;
    }
    case 'fill':
      return `fill ${frame.account} messages ${frame.messages.length} left ${frame.left}`;
    case 'status':
      return `status ${frame.account} ${frame.status.state} mirrored ${frame.status.mirrored} of ${frame.status.of}`;
    case 'progress':
      return `progress ${frame.account} call ${frame.id} ${frame.state}`;
    case 'receipt':
      return `receipt ${frame.account} ${frame.settled.map(({ id, outcomes }) => `${id} ${outcomes.map((o) => o.as).join(' ')}`).join('; ')}`;
    case 'body':
      return `body ${frame.account} message ${frame.message} ${frame.error === null ? 'came' : 'did not come'}`;
    case 'found':
      return `found ${frame.account} search ${frame.id} messages ${frame.messages.length} left ${frame.left}`;
    case 'reset':
      return `reset ${frame.account}`;
    default:
      return frame.t;
  }
}
