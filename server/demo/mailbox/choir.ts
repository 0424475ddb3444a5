/**
 * A choir: a conversation of many voices, an invitation, and notes to print.
 *
 * Decision: the longest thread of the mailbox lies partly in the inbox and partly in its own folder, with one's own
 * answers among the sent, as threads do.
 */
import { invitation, pdf } from './files.ts';
import { STARRED, type Sample, UNREAD, YOU } from './sample.ts';

const CHOIR = 'Choir office <office@choir.example>';
const ALTOS = 'Choir, alto section <altos@choir.example>';
const TENORS = 'Choir, tenor section <tenors@choir.example>';
const HALL = 'Concert hall <stage@hall.example>';
const PLAN = 'Winter concert: which pieces?';

function thread(): Sample[] {
  const all = { to: ['Choir <all@choir.example>'], subject: `Re: ${PLAN}`, folder: 'Choir' };
  return [
    {
      ...all,
      key: 'pieces-1',
      hours: 96,
      from: CHOIR,
      subject: PLAN,
      text: 'Dear singers,\n\nthe hall is ours on the second Saturday of the month. We have an hour, so five pieces. Three are settled: the Bach, the two carols, the lullaby.\n\nWhat else? Answer here, not in the cloakroom.\n\nThe office\n',
    },
    {
      ...all,
      key: 'pieces-2',
      hours: 94,
      from: ALTOS,
      text: 'We vote for the madrigal from spring. Everybody still knows it, and the altos have a tune for once.\n\n> What else? Answer here, not in the cloakroom.\n',
      answers: 'pieces-1',
    },
    {
      ...all,
      key: 'pieces-3',
      hours: 93.2,
      from: TENORS,
      text: 'The madrigal, gladly. But not in that tempo again. There are three of us, and we need to breathe.\n\n>> We vote for the madrigal from spring.\n',
      answers: 'pieces-2',
    },
    {
      ...all,
      key: 'pieces-4',
      folder: 'Sent',
      hours: 90,
      from: YOU,
      text: 'The madrigal from me, too. And could we end with the round? The audience can join in, and it costs no rehearsal.\n\n> The madrigal, gladly. But not in that tempo again.\n',
      answers: 'pieces-3',
    },
    {
      ...all,
      key: 'pieces-5',
      folder: 'INBOX',
      hours: 12.5,
      from: CHOIR,
      text: 'Settled: the madrigal (slower), and the round at the end, with everybody in the hall. Scores for the round are attached; they fit on one page.\n\nSee you on Wednesday.\n\n> And could we end with the round? The audience can join in, and it costs no rehearsal.\n',
      answers: 'pieces-4',
      flags: STARRED,
      attached: [
        {
          name: 'round.pdf',
          type: 'application/pdf',
          content: pdf('A round for three voices', [
            '1  Now the winter evenings fall,',
            '2  light a lamp in every hall,',
            '3  sing, sing, sing.',
          ]),
        },
      ],
    },
    {
      ...all,
      key: 'pieces-6',
      folder: 'INBOX',
      hours: 11.1,
      from: TENORS,
      text: 'Thank you for "slower". The tenors bring cake.\n',
      answers: 'pieces-5',
      flags: UNREAD,
    },
  ];
}

/** The choir's mail. Its concert is eleven days after `now`, at half past seven in the evening (UTC). */
export function choir(now: Date): Sample[] {
  const start = new Date(now.getTime() + 11 * 86_400_000);
  start.setUTCHours(19, 30, 0, 0);
  const event = {
    uid: 'winter-concert@hall.example',
    organizer: 'stage@hall.example',
    summary: 'Winter concert',
    place: 'Concert hall\\, small stage',
    start,
    minutes: 90,
  };
  return [
    ...thread(),
    {
      key: 'invitation',
      hours: 20,
      from: HALL,
      subject: 'Invitation: Winter concert',
      text: 'The stage is yours from four in the afternoon, doors open at seven. The invitation for your calendar is attached.\n\nConcert hall\n',
      attached: [
        {
          name: 'invite.ics',
          type: 'text/calendar; method=REQUEST; charset=utf-8',
          content: invitation(event),
        },
      ],
    },
    {
      key: 'rehearsals',
      folder: 'Choir',
      hours: 240,
      from: CHOIR,
      subject: 'Rehearsals until the winter',
      text: 'Every Wednesday at seven, in the gymnasium of the school. The heating is on. The echo is free of charge.\n',
      flags: STARRED,
    },
    {
      key: 'fees',
      folder: 'Choir',
      hours: 600,
      from: CHOIR,
      subject: 'The fee for this half-year has arrived',
      text: 'Thank you, the fee has arrived. It pays for the pianist and for nothing else.\n',
    },
  ];
}
