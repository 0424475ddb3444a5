/**
 * What the demo says about itself: two mails at the top of the inbox, a draft, and something to clean up.
 *
 * Decision: the mailbox is its own manual. Each thing to try is a thing one does with mail anyway.
 */
import { DEMO_ADDRESS, type Sample, UNREAD, YOU } from './sample.ts';

const TEAM = 'Pimento <hello@pimento.example>';

const TEXT = `Welcome.

This is a real mailbox on a real mail server, made for you a moment ago on this machine. Nothing you do here reaches anybody, so try everything.

Begin with this mail:

1. Archive it. Swipe it away, or press the button. Undo brings it back.
2. Answer it. You will get an answer.
3. Write to yourself: ${DEMO_ADDRESS}. The mail leaves by SMTP, comes back, and appears by itself.

Then look around. "Autumn at the market" is a newsletter whose remote pictures stay off, so that nobody learns you read it. The observatory sent a picture that shows at once, because it came with the mail. Travel holds tickets as PDF, Choir holds a long conversation.

If the list on the left looks like any other mail program: good. The difference shows when the network goes. The next mail says how to make it go.

Have a good time,
Pimento
`;

const OFFLINE = `Three things to try without a network:

* Switch on flight mode, or stop the bridge. The list stays, and every mail opens.
* Archive a few mails and write one. Each tap is kept on this device before the screen changes. Nothing waits for the network, and nothing is forgotten when you close the tab.
* Switch the network on again. Your taps are carried out in the order you made them, each of them once.

What is still on its way looks like it is on its way. If a mail server says no, the mail comes back to where it was, and you are told why in the server's own words.

A mail is never sent twice. Should a line break in the one moment when nobody can know whether a mail was accepted, Pimento says so and asks you, instead of guessing.
`;

const DRAFT = `Dear library,

thank you for the note about the two books. I would like to `;

/** Mails from Pimento, and what the person has begun or thrown away. */
export function welcome(): Sample[] {
  return [
    { key: 'welcome', hours: 0.05, from: TEAM, subject: 'Welcome to Pimento', text: TEXT, flags: UNREAD },
    {
      key: 'offline',
      hours: 0.4,
      from: TEAM,
      subject: 'Three things to try without a network',
      text: OFFLINE,
      flags: UNREAD,
    },
    {
      key: 'draft-library',
      folder: 'Drafts',
      hours: 1.2,
      from: YOU,
      to: ['Library <desk@library.example>'],
      subject: 'Re: Two books are waiting for you',
      text: DRAFT,
      flags: ['\\Seen', '\\Draft'],
      answers: 'books',
    },
    {
      key: 'draft-list',
      folder: 'Drafts',
      hours: 75,
      from: YOU,
      to: [],
      subject: 'Shopping, Saturday',
      text: 'Apples, the small ones\nQuinces if there are any\nBread from the cooperative\nString\n',
      flags: ['\\Seen', '\\Draft'],
    },
    {
      key: 'lottery',
      folder: 'Junk',
      hours: 31,
      from: 'Prize Department <winner@lucky-draw.example>',
      subject: 'YOU have been selected!!! Claim within 24 hours',
      text: 'Congratulations! Your address has won the second prize of our draw.\n\nOpen http://claim.lucky-draw.example/?id=77120 and enter your bank details to receive it.\n',
      html: '<h1 style="color:red">CONGRATULATIONS!!!</h1><p>Your address has won the <b>second prize</b> of our draw.</p><p><a href="http://claim.lucky-draw.example/?id=77120">https://your-bank.example/secure</a></p><img src="http://track.lucky-draw.example/open.gif?id=77120" width="1" height="1">',
      flags: UNREAD,
    },
    {
      key: 'parcel-fraud',
      folder: 'Junk',
      hours: 120,
      from: 'Parcel Service <no-reply@parcel-fee.example>',
      subject: 'Your parcel is on hold: fee of 1.99 due',
      text: 'Your parcel could not be delivered. Pay the fee of 1.99 at http://parcel-fee.example/pay to have it sent on today.\n',
    },
    {
      key: 'old-code',
      folder: 'Trash',
      hours: 50,
      from: 'Swimming pool <tickets@pool.example>',
      subject: 'Your code for signing in: 481 206',
      text: 'Your code is 481 206. It is valid for ten minutes.\n',
    },
    {
      key: 'survey',
      folder: 'Trash',
      hours: 190,
      from: 'Swimming pool <tickets@pool.example>',
      subject: 'How did you like your visit?',
      text: 'Two questions, one minute. Your answers help us to heat the right basin.\n',
    },
  ];
}
