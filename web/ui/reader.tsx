/**
 * One mail, open.
 *
 * Decision: the header and the preview are on the device and stand at once; the text follows when it is there, in
 * the same place. Nothing spins: while the text is fetched the preview is shown, and without a network it is said
 * in words. The toolbar stays the same element from mail to mail, so the focus stays on "Archive".
 */
import { useEffect, useRef } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import type { Body, Message } from '../../shared/mail.ts';
import { Attachments } from './attachments.tsx';
import { Content } from './content.tsx';
import { Header } from './header.tsx';
import { useBody, useReading } from './load.ts';
import { Actions } from './reader-actions.tsx';
import { subjectOf } from './words.ts';

export function Reader({ message }: { message: Message }) {
  const loaded = useBody(message);
  const title = useRef<HTMLHeadingElement>(null);
  const plain = useSignal(false);
  useReading(message);
  useEffect(() => {
    plain.value = false;
    document.title = `${subjectOf(message.subject)} · Pimento`;
    if (!matchMedia('(min-width: 52.5rem)').matches) title.current?.focus({ preventScroll: true });
    return () => {
      document.title = 'Pimento';
    };
  }, [message.id]);
  const body = loaded.is === 'here' ? loaded.body : null;
  return (
    <>
      <Actions message={message} plain={hasBoth(body) ? plain : null} />
      <div class="reader-scroll" key={message.id}>
        <article class="mail">
          <h1 class="mail-subject" tabIndex={-1} ref={title}>
            <bdi>{subjectOf(message.subject)}</bdi>
          </h1>
          <Header message={message} body={body} />
          {body !== null && <Attachments message={message} parts={body.parts} html={body.html} />}
          <Content message={message} loaded={loaded} plain={plain.value} />
        </article>
      </div>
    </>
  );
}

/** Whether a mail brings both a layout and a text of its own. */
function hasBoth(body: Body | null): boolean {
  return body !== null && body.html !== null && body.text !== null && body.text.trim() !== '';
}
