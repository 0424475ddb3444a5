/**
 * A journey: ticket, timetable as a table, and a plan to share.
 *
 * Decision: tickets are what people open without a network, on a platform. They must be there as attachments.
 */
import { hills, pdf } from './files.ts';
import { STARRED, type Sample, UNREAD, YOU } from './sample.ts';

const TICKETS = 'Railway tickets <tickets@trains.example>';

function ticket(now: Date): Sample {
  const day = new Date(now.getTime() + 86_400_000).toISOString().slice(0, 10);
  return {
    key: 'ticket',
    folder: 'Travel',
    hours: 70,
    from: TICKETS,
    subject: `Your ticket to the coast, ${day}, 07:42`,
    text: `Your ticket is attached. It is also good when the conductor has no network, and so is this mail.\n\n  ${day}\n  07:42  Central station, platform 2\n  10:58  Harbour station\n\n  Coach 5, seat 31, window, facing forward\n`,
    flags: STARRED,
    attached: [
      {
        name: 'ticket.pdf',
        type: 'application/pdf',
        content: pdf('Ticket to the coast', [
          day,
          '07:42  Central station, platform 2',
          '10:58  Harbour station',
          '',
          'Coach 5, seat 31, window',
          'Ticket 4471-0928-7719',
        ]),
      },
    ],
  };
}

/** Mail about a journey that begins the day after `now`. */
export function travel(now: Date): Sample[] {
  return [
    ticket(now),
    {
      key: 'lodge',
      folder: 'Travel',
      hours: 68,
      from: 'Lighthouse lodge <keeper@lighthouse.example>',
      subject: 'Your two nights in the lighthouse',
      text: 'The room is at the top: 112 steps, and no lift. The light goes round outside; the curtains are thick.\n\nWhat you see from the window is attached, so that nobody is disappointed.\n\nBreakfast is when you come down.\n',
      attached: [{ name: 'view from the window.png', type: 'image/png', content: hills(300, 180, 0.5) }],
    },
    {
      key: 'tides',
      folder: 'Travel',
      hours: 66,
      from: 'Harbour office <tides@harbour.example>',
      subject: 'Tides for your days',
      text: 'High water 06:10 and 18:35, low water 12:20. The path across the flats is open for two hours around low water, and not a minute longer.\n',
      html: '<p>Tides for your days:</p><table border="1" cellpadding="6" style="border-collapse:collapse"><tr><th>Water</th><th>Morning</th><th>Evening</th></tr><tr><td>High</td><td>06:10</td><td>18:35</td></tr><tr><td>Low</td><td colspan="2" align="center">12:20</td></tr></table><p>The path across the flats is open for <b>two hours around low water</b>, and not a minute longer.</p>',
    },
    {
      key: 'share',
      folder: 'Sent',
      hours: 60,
      from: YOU,
      to: ['Hiking club <walks@hiking.example>'],
      cc: ['Lighthouse lodge <keeper@lighthouse.example>'],
      subject: 'Across the flats: who comes along?',
      text: 'I take the 07:42 to the coast and walk across the flats at low water. There is room for four at the table in the lighthouse.\n',
    },
    {
      key: 'share-answer',
      hours: 25.4,
      from: 'Hiking club <walks@hiking.example>',
      cc: ['Lighthouse lodge <keeper@lighthouse.example>'],
      subject: 'Re: Across the flats: who comes along?',
      text: 'Two of us. We bring the rope, the tide table, and a cake in case the choir forgets.\n\n> There is room for four at the table in the lighthouse.\n',
      answers: 'share',
      flags: UNREAD,
    },
    {
      key: 'old-trip',
      folder: 'Archive',
      hours: 900,
      from: TICKETS,
      subject: 'How to get your money back for the late train',
      text: 'Your train was 61 minutes late, so half of the fare is yours. You need not do anything.\n',
    },
  ];
}
