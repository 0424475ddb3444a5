/**
 * A sheet over the screen: a layer of its own, closed by Back, Escape or a tap beside it.
 *
 * Decision: what lies below is inert, the focus goes in and comes back to where it was. It is a history entry, so
 * it needs no close button of its own on a phone; it has one all the same.
 */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { back } from './history.ts';
import { IconButton } from './icons.tsx';

interface SheetProps {
  name: string;
  kind: 'side' | 'foot';
  children: ComponentChildren;
}

export function Sheet({ name, kind, children }: SheetProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    box.current?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    <div class="over" data-kind={kind} onClick={(e) => e.target === e.currentTarget && back()}>
      <div class="sheet" role="dialog" aria-modal="true" aria-label={name} tabIndex={-1} ref={box}>
        <div class="sheet-top">
          <h2>{name}</h2>
          <IconButton icon="close" name="Close" press={back} />
        </div>
        {children}
      </div>
    </div>
  );
}
