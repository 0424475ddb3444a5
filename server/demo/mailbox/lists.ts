/**
 * A mailing list: long plain text with quotes several levels deep, signatures and a patch.
 *
 * Decision: this is the mail of the people who write mail programs, and the hardest plain text there is to show well.
 */
import { type Sample, UNREAD } from './sample.ts';

const headers = {
  'List-Id': 'Open timetables <timetables.lists.example>',
  'List-Post': '<mailto:timetables@lists.example>',
  'List-Unsubscribe': '<mailto:timetables-leave@lists.example>',
  Precedence: 'list',
};
const to = ['Open timetables <timetables@lists.example>'];

const QUESTION = `Hello list,

our feed says that the bus of 23:58 arrives at 00:12. Half of the programs that read it show the arrival on the day before the departure. We have three ways out, and we do not like any of them:

  (a) write 24:12. It is allowed, it is ugly, and two readers crash.
  (b) write the date with every time. The file becomes a third larger.
  (c) say in the documentation that times never go backwards within a trip.

We lean towards (c), because it is true already. But documentation is read by the people who do not need it.

What do you do?

--${' '}
Timetable office, night buses
`;

const ANSWER = `> (a) write 24:12. It is allowed, it is ugly, and two readers crash.

We have written 24:12 for years. The two readers were ours. They do not crash any more; the change is four lines:

  --- reader.c
  +++ reader.c
  @@ -88,7 +88,8 @@ static int minutes(const char *text)
       if (sscanf(text, "%d:%d", &h, &m) != 2)
           return -1;
  -    if (h > 23 || m > 59)
  +    /* A trip belongs to the day it begins on: 24:12 is twelve past midnight. */
  +    if (h > 47 || m > 59)
           return -1;
       return h * 60 + m;

> (b) write the date with every time. The file becomes a third larger.

It compresses to nothing. I would not mind (b), but every reader must be changed for it, and none for (a).

> (c) say in the documentation that times never go backwards within a trip.

Please do that in any case.

--${' '}
Transport laboratory
`;

const THIRD = `> > (c) say in the documentation that times never go backwards within a trip.
>
> Please do that in any case.

Seconded, with one exception that has cost us a night: when the clocks are set back in autumn, times do go backwards, once, and rightly so. Our 02:40 leaves before our 02:10.

We count minutes since noon minus twelve hours. Noon exists every day; midnight does not. It sounds like a joke and has worked for eleven years:

| trip    | written | minutes | shown |
|---------|---------|---------|-------|
| night 1 | 23:58   | 1438    | 23:58 |
| night 1 | 24:12   | 1452    | 00:12 |
| night 7 | 26:10   | 1570    | 02:10 |

https://timetables.lists.example/archive/noon-minus-twelve has the long story, with drawings.

--${' '}
Harbour ferries, operations
`;

const RE = 'Re: [timetables] Trips that pass midnight: which day is it?';

/** Three posts of one discussion. */
export function lists(): Sample[] {
  return [
    {
      key: 'midnight-1',
      hours: 33,
      from: 'Timetable office, night buses <night@trains.example>',
      to,
      subject: '[timetables] Trips that pass midnight: which day is it?',
      text: QUESTION,
      headers,
    },
    {
      key: 'midnight-2',
      hours: 30.8,
      from: 'Transport laboratory <lab@transport.example>',
      to,
      subject: RE,
      text: `On the question of the night buses:\n\n${ANSWER}`,
      headers,
      answers: 'midnight-1',
    },
    {
      key: 'midnight-3',
      hours: 8.7,
      from: 'Harbour ferries, operations <operations@ferries.example>',
      to,
      subject: RE,
      text: THIRD,
      headers,
      answers: 'midnight-2',
      flags: UNREAD,
    },
  ];
}
