/**
 * The everyday of a mailbox: library, trains, water, parcels, and the answers to them.
 *
 * Decision: most mail is short, plain and from an office; the list must look good with just that.
 */
import { hills, pdf } from './files.ts';
import { ANSWERED, STARRED, type Sample, UNREAD, YOU } from './sample.ts';

const LIBRARY = 'Library <desk@library.example>';
const TRAINS = 'Timetable office <notice@trains.example>';
const GARDEN = 'Garden association <board@gardens.example>';
const BIKES = 'Bicycle workshop <bench@bicycles.example>';
const ENERGY = 'Energy cooperative <accounts@energy.example>';

function offices(): Sample[] {
  return [
    {
      key: 'books',
      hours: 2.1,
      from: LIBRARY,
      subject: 'Two books are waiting for you',
      text: 'Good morning,\n\nthe two books you asked for have come back and lie at the desk until Saturday:\n\n  - A field guide to mosses\n  - Bread in one day\n\nWe are open until seven tonight. The mosses are asked for by another reader after you, so please bring them back within three weeks.\n\nYour library\n',
      flags: UNREAD,
    },
    {
      key: 'platform',
      hours: 3.6,
      from: TRAINS,
      subject: 'Tomorrow, 07:42: platform 4 instead of 2',
      text: 'The 07:42 to the coast leaves from platform 4 tomorrow, because of work on the track. The lift to platform 4 is in order.\n\nYou get this notice because you keep a ticket for this train.\n',
      flags: ['\\Flagged'],
    },
    {
      key: 'statement',
      hours: 27,
      from: ENERGY,
      subject: 'Your statement for last month',
      text: 'Dear member,\n\nyour statement is attached. You used 112 kWh, nine less than in the month before, and the roof of the school gave back 38.\n\nThere is nothing to pay.\n\nEnergy cooperative\n',
      attached: [
        {
          name: 'statement.pdf',
          type: 'application/pdf',
          content: pdf('Energy cooperative: statement', [
            'Used                    112 kWh',
            'Given back by the roof   38 kWh',
            'To pay                    0.00',
            '',
            'Thank you for being a member.',
          ]),
        },
      ],
    },
    {
      key: 'bicycle',
      hours: 29.5,
      from: BIKES,
      subject: 'Your bicycle is ready, and where we tried it',
      text: 'New chain, new cassette, and the bell rings again. We took it up to the reservoir to be sure; the picture is from there.\n\nIt stands inside, left of the door. Open until six.\n',
      attached: [{ name: 'reservoir.png', type: 'image/png', content: hills(320, 200, 0.9) }],
      flags: STARRED,
    },
    {
      key: 'water',
      hours: 51,
      from: 'Water works <service@water.example>',
      subject: 'No water on Thursday between 9 and 11',
      text: 'We are changing a valve in your street. Please keep a jug ready. Afterwards the water may be brown for a minute; let it run.\n',
    },
    {
      key: 'parcel',
      hours: 54,
      from: 'Post office <parcels@post.example>',
      subject: 'A parcel is with your neighbour at number 12',
      text: 'You were not at home at 11:20. The parcel (1.4 kg) was taken in at number 12.\n',
    },
    {
      key: 'storm',
      hours: 98,
      from: 'Weather service <warnings@weather.example>',
      subject: '🌬️ Strong wind from Friday noon',
      text: 'Gusts of up to 80 km/h from the west, Friday 12:00 until Saturday 04:00. Please take in what stands on balconies. 🪴\n',
    },
    {
      key: 'nosubject',
      hours: 77,
      from: 'Scanner, second floor <scanner-2@library.example>',
      subject: '',
      text: 'One page scanned.\n',
      attached: [
        { name: 'scan.txt', type: 'text/plain; charset=utf-8', content: 'moss: soft, green, patient\n' },
      ],
    },
  ];
}

function gardenThread(): Sample[] {
  return [
    {
      key: 'compost-1',
      hours: 46,
      from: GARDEN,
      subject: 'Compost for the beds: how much do you need?',
      text: 'Dear all,\n\nthe lorry comes on the first of the month. Please tell us how many barrows you want, so that we order once.\n\nThe board\n',
      flags: ANSWERED,
    },
    {
      key: 'compost-2',
      folder: 'Sent',
      hours: 45,
      from: YOU,
      to: [GARDEN],
      subject: 'Re: Compost for the beds: how much do you need?',
      text: 'Four barrows for plot 31, please. I can help with unloading.\n\nThe board wrote:\n> Please tell us how many barrows you want, so that we order once.\n',
      answers: 'compost-1',
    },
    {
      key: 'compost-3',
      hours: 24.5,
      from: GARDEN,
      subject: 'Re: Compost for the beds: how much do you need?',
      text: 'Noted: four for plot 31. Unloading begins at eight, there will be tea.\n\n> Four barrows for plot 31, please. I can help with unloading.\n',
      answers: 'compost-2',
      flags: UNREAD,
    },
  ];
}

function older(): Sample[] {
  return [
    {
      key: 'sent-library',
      folder: 'Sent',
      hours: 170,
      from: YOU,
      to: [LIBRARY],
      subject: 'A wish: field guide to mosses',
      text: 'Could you put me on the list for the field guide to mosses, and for anything good about bread?\n\nThank you.\n',
    },
    {
      key: 'library-card',
      folder: 'Archive',
      hours: 420,
      from: LIBRARY,
      subject: 'Your card has been renewed',
      text: 'Your reader card is good for another year.\n',
    },
    {
      key: 'bicycle-quote',
      folder: 'Archive',
      hours: 101,
      from: BIKES,
      subject: 'What it will cost',
      text: 'Chain, cassette, and an hour of work: 84 in all. Shall we?\n',
      flags: ANSWERED,
    },
    {
      key: 'bicycle-yes',
      folder: 'Sent',
      hours: 100.5,
      from: YOU,
      to: [BIKES],
      subject: 'Re: What it will cost',
      text: 'Yes, please. And have a look at the bell.\n',
      answers: 'bicycle-quote',
    },
    {
      key: 'statement-before',
      folder: 'Archive',
      hours: 740,
      from: ENERGY,
      subject: 'Your statement for the month before last',
      text: 'You used 121 kWh. There is nothing to pay.\n',
    },
  ];
}

/** Everyday mail. */
export function town(): Sample[] {
  return [...offices(), ...gardenThread(), ...older()];
}
