/**
 * A mail's HTML on the screen.
 *
 * Decision: the component only holds the place; `cage.ts` makes what stands in it. The frame is made anew when its
 * width changes, because the browser measures its content only once.
 */
import { useLayoutEffect, useRef } from 'preact/hooks';
import { show, wrapMail } from './cage.ts';

/** Shows markup that `cleanMail` has cleaned. */
export function MailFrame({ html, title }: { html: string; title: string }) {
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const el = place.current!;
    const again = () => show(el, wrapMail(html), title);
    let width = el.clientWidth;
    let timer: ReturnType<typeof setTimeout> | undefined;
    again();
    const sized = new ResizeObserver(() => {
      if (el.clientWidth === width) return;
      width = el.clientWidth;
      clearTimeout(timer);
      timer = setTimeout(again, 200);
    });
    sized.observe(el);
    return () => {
      sized.disconnect();
      clearTimeout(timer);
      el.replaceChildren();
    };
  }, [html, title]);
  return <div class="mail-place" ref={place} />;
}
