/**
 * The drawings on buttons: one 24-unit grid, one stroke, the colour of the text around them.
 *
 * Decision: paths in the page, not an icon font or files, so they are there on the first frame and follow the
 * theme. They say nothing to a screen reader; the button's name does.
 */
const PATHS = {
  menu: 'M4 6.5h16M4 12h16M4 17.5h10',
  back: 'M15 5l-7 7 7 7',
  inbox: 'M4 13.5 6.6 5h10.8L20 13.5V19H4zM4 13.5h4.5c.3 1.7 1.7 3 3.5 3s3.2-1.3 3.5-3H20',
  archive: 'M4 5h16v4H4zM5.5 9v10h13V9M10 13h4',
  trash: 'M5 7h14M10 7V4.5h4V7M6.5 7l1 13h9l1-13M10.2 11v5.5M13.8 11v5.5',
  star: 'M12 4.2l2.4 4.9 5.4.8-3.9 3.8.9 5.4-4.8-2.6-4.8 2.6.9-5.4-3.9-3.8 5.4-.8z',
  unread: 'M4 7h9M4 7l8 6.5 3.2-2.6M4 7v11.5h16V11M19 5.2a1.8 1.8 0 1 1 0 .01z',
  read: 'M4 10l8-6 8 6v9.5H4zM4 10l8 5.5 8-5.5',
  reply: 'M10 6l-6 5.5 6 5.5M4.5 11.5H14c3.5 0 6 2.5 6 6.5',
  replyAll: 'M8 6l-5.5 5.5L8 17M13 6l-5.5 5.5L13 17M8 11.5h7.5c3 0 5.5 2.5 5.5 6.5',
  compose: 'M4 20h16M5.5 16.5l.7-3.5L15.7 3.5l2.8 2.8L9 15.8z',
  send: 'M4 12L20 4.5 15.5 20l-3.7-6.3zM11.8 13.7L20 4.5',
  outbox: 'M4 14v5h16v-5M12 15.5V4.5M7.5 9L12 4.5 16.5 9',
  refresh: 'M19.5 12a7.5 7.5 0 1 1-2.2-5.3M19.5 3.5v4h-4',
  draft: 'M6 3.5h8l4 4V20.5H6zM14 3.5v4h4M9 12.5h6M9 16h4',
  sent: 'M4 12L20 4.5 15.5 20l-3.7-6.3z',
  junk: 'M12 3.5l8 4.5v8l-8 4.5-8-4.5V8zM12 8v5M12 15.8v.2',
  folder: 'M4 6.5h5.5l2 2.5H20v10H4z',
  clip: 'M17.5 8.5l-7 7a2.1 2.1 0 0 1-3-3L15 5a3.5 3.5 0 0 1 5 5l-8 8a5 5 0 0 1-7-7l6.5-6.5',
  close: 'M6 6l12 12M18 6L6 18',
  door: 'M13 4H5.5v16H13M10 12h10M16.5 8.5L20 12l-3.5 3.5',
  download: 'M12 4v11M7.5 10.5L12 15l4.5-4.5M4.5 19.5h15',
  shield: 'M12 3.5l7 2.5v5.5c0 4.5-3 7.5-7 9-4-1.5-7-4.5-7-9V6z',
  clock: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM12 8v4.5l3 2',
  answered: 'M10 6l-6 5.5 6 5.5M4.5 11.5H14c3.5 0 6 2.5 6 6.5',
  eye: 'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6z',
  text: 'M5 6h14M5 10.5h14M5 15h14M5 19.5h8',
  up: 'M12 19V5M6 11l6-6 6 6',
} as const;

export type IconName = keyof typeof PATHS;

/** One drawing; `filled` for a state that is on, such as a star. */
export function Icon({ name, filled = false }: { name: IconName; filled?: boolean }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false" data-filled={filled}>
      <path d={PATHS[name]} />
    </svg>
  );
}

interface ButtonProps {
  icon: IconName;
  name: string;
  press: () => void;
  filled?: boolean;
  /** Shows the name beside the drawing. */
  labelled?: boolean;
  pressed?: boolean;
  class?: string;
  disabled?: boolean;
}

/** A button with a drawing; its name is always there for those who do not see it. */
export function IconButton(p: ButtonProps) {
  return (
    <button
      type="button"
      class={`icon-button ${p.class ?? ''}`}
      aria-label={p.labelled === true ? undefined : p.name}
      title={p.labelled === true ? undefined : p.name}
      aria-pressed={p.pressed}
      disabled={p.disabled}
      onClick={p.press}
    >
      <Icon name={p.icon} filled={p.filled ?? false} />
      {p.labelled === true && <span>{p.name}</span>}
    </button>
  );
}
