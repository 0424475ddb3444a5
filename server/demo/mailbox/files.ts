/**
 * The attachments of the sample mailbox, made rather than stored: pictures, a PDF, an invitation.
 *
 * Decision: a repository of text stays a repository of text. Each maker writes the smallest honest file of its kind,
 * so that a viewer opens it and a preview can be made of it.
 */
import { crc32, deflateSync } from 'node:zlib';

type Colour = [number, number, number];

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([head, body, check]);
}

/** A PNG (RGB, 8 bit; PNG §11) whose pixels `colour` paints; x and y run from 0 to 1. */
export function png(width: number, height: number, colour: (x: number, y: number) => Colour): Buffer {
  const rows = Buffer.alloc(height * (1 + width * 3));
  let at = 0;
  for (let y = 0; y < height; y++) {
    at++; // filter 0
    for (let x = 0; x < width; x++) {
      for (const part of colour(x / width, y / height))
        rows[at++] = Math.max(0, Math.min(255, Math.round(part)));
    }
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const magic = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const pixels = deflateSync(rows, { level: 9 });
  return Buffer.concat([magic, chunk('IHDR', head), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}

const mix = (a: Colour, b: Colour, t: number): Colour => [
  a[0] + (b[0] - a[0]) * t,
  a[1] + (b[1] - a[1]) * t,
  a[2] + (b[2] - a[2]) * t,
];

/** Hills before an evening sky. `mood` from 0 (dusk) to 1 (noon). */
export function hills(width: number, height: number, mood: number): Buffer {
  const top = mix([38, 44, 92], [92, 158, 214], mood);
  const low = mix([240, 150, 104], [222, 238, 246], mood);
  const near = mix([30, 52, 48], [74, 132, 72], mood);
  const far = mix([92, 84, 118], [134, 176, 156], mood);
  return png(width, height, (x, y) => {
    const back = 0.58 + 0.1 * Math.sin(x * 7 + 1) + 0.04 * Math.sin(x * 17);
    const front = 0.76 + 0.08 * Math.sin(x * 4 + 4);
    if (y > front) return near;
    if (y > back) return far;
    const sun = Math.hypot((x - 0.7) * (width / height), y - 0.42) < 0.09;
    return sun ? [255, 224, 150] : mix(top, low, Math.min(1, y / 0.6));
  });
}

/** A night sky: the same stars every time. */
export function stars(width: number, height: number): Buffer {
  return png(width, height, (x, y) => {
    const grain =
      Math.abs(Math.sin(Math.floor(x * width) * 12.9898 + Math.floor(y * height) * 78.233) * 43758.5453) % 1;
    const band = Math.exp(-(((x - y * 0.6 - 0.25) * 5) ** 2));
    if (grain > 0.997 - band * 0.006) return [235, 238, 255];
    return [10 + band * 34, 14 + band * 32, 38 + band * 40];
  });
}

/** One page of text as PDF 1.4, in Helvetica; Latin letters only. */
export function pdf(title: string, lines: string[]): Buffer {
  const safe = (text: string) => text.replaceAll(/[\\()]/g, '\\$&');
  const shown = lines.map((line) => `(${safe(line)}) Tj T*`).join('\n');
  const page = `BT /F1 20 Tf 60 770 Td (${safe(title)}) Tj /F1 11 Tf 0 -36 Td 16 TL\n${shown}\nET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${page.length} >>\nstream\n${page}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
  ];
  let file = '%PDF-1.4\n';
  const offsets = objects.map((object, at) => {
    const offset = file.length;
    file += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(offset).padStart(10, '0')} 00000 n \n`;
  });
  const xref = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.join('')}`;
  const trailer = `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`;
  return Buffer.from(file + xref + trailer, 'latin1');
}

const stamp = (date: Date) => date.toISOString().replaceAll(/[-:]|\.\d+/g, '');

/** An invitation (RFC 5545, METHOD of RFC 5546). Times are absolute. */
export function invitation(event: {
  uid: string;
  organizer: string;
  summary: string;
  place: string;
  start: Date;
  minutes: number;
}): string {
  const end = new Date(event.start.getTime() + event.minutes * 60_000);
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Pimento demo//EN',
    'METHOD:REQUEST',
    'BEGIN:VEVENT',
    `UID:${event.uid}`,
    `DTSTAMP:${stamp(event.start)}`,
    `DTSTART:${stamp(event.start)}`,
    `DTEND:${stamp(end)}`,
    `SUMMARY:${event.summary}`,
    `LOCATION:${event.place}`,
    `ORGANIZER:mailto:${event.organizer}`,
    'ATTENDEE;RSVP=TRUE:mailto:demo@pimento.example',
    'END:VEVENT',
    'END:VCALENDAR',
  ];
  return `${lines.join('\r\n')}\r\n`;
}
