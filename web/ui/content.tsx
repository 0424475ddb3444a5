/**
 * The text of an open mail: HTML in its cage, or plain.
 *
 * Decision: what is missing is said where it is missing: the text, the pictures, the rest of a long mail. Remote
 * images are not loaded; the banner, outside the frame, counts them.
 */
import { useEffect } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import type { Body, Message } from '../../shared/mail.ts';
import { MailFrame } from './frame.tsx';
import { cidsIn, cleanMail, htmlToText, isShowable, type CleanMail } from './html.ts';
import { Icon } from './icons.tsx';
import { fetchPictures } from './pictures.ts';
import type { Loaded } from './load.ts';
import { account } from './state.ts';
import { PlainText } from './text.tsx';
import { imagesBlocked, imagesMissing, subjectOf } from './words.ts';

/** How long a mail waits for its inline pictures before it is shown without, milliseconds. */
const PICTURES = 1500;

interface ContentProps {
  message: Message;
  loaded: Loaded;
  /** Show the text part instead of the layout. */
  plain: boolean;
}

export function Content({ message, loaded, plain }: ContentProps) {
  const here = loaded.is === 'here' && loaded.body.message === message.id ? loaded.body : null;
  if (here !== null) return <BodyView key={message.id} message={message} body={here} plain={plain} />;
  return (
    <div class="waiting-text">
      {loaded.is === 'failed' && (
        <p class="note" role="status">
          <Icon name="outbox" /> {notHere(loaded.why)}
        </p>
      )}
      {loaded.is === 'loading' && loaded.slow && <p class="note">Fetching the text…</p>}
      <Preview message={message} />
    </div>
  );
}

/** The first words of a mail, while the rest is not ready. */
function Preview({ message }: { message: Message }) {
  return (
    <p class="mail-preview" dir="auto">
      {message.preview}
    </p>
  );
}

const notHere = (why: string | null) =>
  why === null
    ? 'The text of this mail is not on this device yet. It comes as soon as there is a network.'
    : `The text of this mail could not be fetched: ${why}`;

function BodyView({ message, body, plain }: { message: Message; body: Body; plain: boolean }) {
  const showable = body.html !== null && isShowable(body.html);
  const text = body.text ?? (body.html === null ? '' : null);
  const asText = plain || !showable;
  return (
    <div class="content">
      {body.truncated && <p class="note">This mail is very long. Only its beginning is shown.</p>}
      {!showable && body.html !== null && (
        <p class="note">The layout of this mail is too large to show safely. This is its text.</p>
      )}
      {asText ? (
        <PlainText
          text={
            text ?? (showable ? htmlToText(body.html ?? '') : (body.html ?? '').replaceAll(/<[^>]*>/g, ' '))
          }
        />
      ) : (
        <HtmlView message={message} body={body} />
      )}
      {text === '' && body.html === null && <p class="note">This mail has no text.</p>}
    </div>
  );
}

function HtmlView({ message, body }: { message: Message; body: Body }) {
  const html = body.html ?? '';
  const clean = useSignal<CleanMail | null>(null);
  const missing = useSignal(0);
  useEffect(() => {
    const wanted = cidsIn(html);
    const mirror = account();
    let shown = true;
    const parts = body.parts.filter((p) => p.cid !== null && wanted.has(p.cid));
    const bare = () => shown && clean.peek() === null && (clean.value = cleanMail(html, new Map()));
    if (parts.length === 0 || mirror === null) {
      bare();
      return undefined;
    }
    const timer = setTimeout(bare, PICTURES);
    const show = async () => {
      const got = await fetchPictures(mirror.id, message.id, parts, wanted);
      clearTimeout(timer);
      if (!shown) return;
      missing.value = got.missing;
      clean.value = cleanMail(html, got.pictures);
    };
    void show();
    return () => {
      shown = false;
      clearTimeout(timer);
    };
  }, [html]);
  if (clean.value === null) return <Preview message={message} />;
  return (
    <>
      {clean.value.blocked > 0 && (
        <p class="note">
          <Icon name="shield" /> {imagesBlocked(clean.value.blocked)}
        </p>
      )}
      {missing.value > 0 && <p class="note">{imagesMissing(missing.value)}</p>}
      <MailFrame html={clean.value.html} title={subjectOf(message.subject)} />
    </>
  );
}
