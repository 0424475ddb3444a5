/**
 * Mail that is a page: a newsletter as they are really built, and an announcement with its picture inside.
 *
 * Decision: tables, inline styles and remote pictures, because that is what a mail program meets. The remote ones
 * must stay off until asked for, one of them is there to spy, and the picture that came with the mail must show.
 */
import { hills, stars } from './files.ts';
import { type Sample, UNREAD } from './sample.ts';

const SANS = "font-family:'Helvetica Neue',Arial,sans-serif";

function stall(name: string, words: string, price: string): string {
  return `<tr><td style="padding:14px 24px;border-bottom:1px solid #eadfce;${SANS}"><strong style="font-size:16px;color:#6b2f1a">${name}</strong><br><span style="font-size:14px;line-height:20px;color:#4a4038">${words}</span></td><td align="right" style="padding:14px 24px;border-bottom:1px solid #eadfce;${SANS};font-size:14px;white-space:nowrap;color:#6b2f1a">${price}</td></tr>`;
}

const MARKET = `<!doctype html>
<html><head><meta charset="utf-8"><style>@media (max-width:480px){.hide{display:none}}</style></head>
<body style="margin:0;background:#f4ece0">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" bgcolor="#f4ece0"><tr><td align="center" style="padding:24px 8px">
<table role="presentation" width="600" cellpadding="0" cellspacing="0" style="max-width:600px;width:100%;background:#fffaf2;border-radius:8px">
<tr><td colspan="2"><img src="cid:hills@market.example" alt="Hills in the evening" width="600" style="display:block;width:100%;height:auto;border-radius:8px 8px 0 0"></td></tr>
<tr><td colspan="2" style="padding:28px 24px 8px;${SANS}"><h1 style="margin:0;font-size:28px;line-height:34px;color:#6b2f1a">Autumn at the market</h1><p style="font-size:16px;line-height:24px;color:#4a4038">The first quinces are in, the last tomatoes are going, and the bakers have moved under the roof. Saturday from eight, on the square.</p></td></tr>
${stall('Quinces', 'Small, furry, from the slope behind the mill. They fill a kitchen with their smell.', '3.20 a kilo')}
${stall('Walnuts', 'Of this year, still a little damp. Keep them in the open.', '6.80 a kilo')}
${stall('Pimentos', 'The round red ones. Yes, we know.', '4.50 a kilo')}
${stall('Bread of the cooperative', 'Rye with caraway, out of the oven at seven.', '5.40')}
<tr><td colspan="2" align="center" style="padding:28px 24px"><a href="https://market.example/saturday" style="background:#9c3d20;color:#ffffff;padding:12px 28px;border-radius:24px;text-decoration:none;font-size:16px;${SANS}">See all stalls</a></td></tr>
<tr><td colspan="2" class="hide" align="center" style="padding:0 24px 24px"><img src="https://pictures.market.example/plan-of-the-square.jpg" alt="Plan of the square" width="520" height="220"></td></tr>
</table>
<p style="font-size:12px;color:#85786a;${SANS}">You get this letter because you asked for it at our stall. <a href="https://market.example/leave" style="color:#85786a">Leave the list</a></p>
<img src="https://count.market.example/opened?reader=demo" width="1" height="1" alt="">
</td></tr></table></body></html>`;

const SKY = `<p>Dear friends of the dark,</p>
<p>on <b>Friday at nine</b> we open the dome. If the sky stays as it was last night, you will see this with your own eyes:</p>
<p><img src="cid:sky@observatory.example" alt="The Milky Way above the observatory" width="360"></p>
<ul><li>No tickets, no registration.</li><li>It is cold up there. Bring a hat.</li><li>Please cover your lamps with something <span style="color:#c0392b">red</span>.</li></ul>
<p>Clear skies,<br>the observatory</p>`;

/** HTML mail. */
export function newsletters(): Sample[] {
  return [
    {
      key: 'autumn',
      hours: 5.2,
      from: 'Market on the square <letter@market.example>',
      subject: 'Autumn at the market: quinces, walnuts, and yes, pimentos',
      text: 'Autumn at the market\n\nThe first quinces are in, the last tomatoes are going, and the bakers have moved under the roof. Saturday from eight, on the square.\n\nQuinces, 3.20 a kilo\nWalnuts, 6.80 a kilo\nPimentos, 4.50 a kilo\nBread of the cooperative, 5.40\n\nhttps://market.example/saturday\n',
      html: MARKET,
      flags: UNREAD,
      attached: [
        { name: 'hills.png', type: 'image/png', content: hills(400, 150, 0.15), cid: 'hills@market.example' },
      ],
      headers: {
        'List-Id': 'Letter from the market <letter.market.example>',
        'List-Unsubscribe': '<https://market.example/leave?reader=demo>, <mailto:leave@market.example>',
        'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      },
    },
    {
      key: 'observatory',
      hours: 22,
      from: 'Observatory <dome@observatory.example>',
      subject: 'Friday at nine: the dome is open',
      text: 'Dear friends of the dark,\n\non Friday at nine we open the dome. No tickets, no registration. Bring a hat, and cover your lamps with something red.\n\nClear skies,\nthe observatory\n',
      html: SKY,
      attached: [
        { name: 'sky.png', type: 'image/png', content: stars(360, 200), cid: 'sky@observatory.example' },
      ],
    },
    {
      key: 'summer',
      folder: 'Archive',
      hours: 1100,
      from: 'Market on the square <letter@market.example>',
      subject: 'Summer at the market',
      text: 'Cherries until Saturday, then apricots.\n',
      html: '<h2>Summer at the market</h2><p>Cherries until Saturday, then <i>apricots</i>.</p>',
    },
  ];
}
