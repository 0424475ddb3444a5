/**
 * The bar under the thumb: Mail, Outbox, and Compose above it.
 *
 * Decision: only where there is one pane. The badge on Outbox counts what deserves a look, not every flag on its way.
 */
import { go } from './history.ts';
import { Icon } from './icons.tsx';
import { HOME } from './route.ts';
import { mailPlace, route, waiting } from './state.ts';
import { waitingCount } from './words.ts';
import { compose } from './writing.ts';

export function Tabs() {
  const { at } = route.value;
  return (
    <nav class="tabs" aria-label="Main">
      <a
        href="/"
        aria-current={at === 'mail' ? 'page' : undefined}
        onClick={(e) => {
          e.preventDefault();
          go(
            at === 'mail' ? HOME : { ...mailPlace.value, message: null, sheet: null },
            at === 'mail' ? 'push' : 'replace',
          );
        }}
      >
        <Icon name="inbox" />
        <span>Mail</span>
      </a>
      <button type="button" class="fab" onClick={() => compose()}>
        <Icon name="compose" />
        <span>Compose</span>
      </button>
      <a
        href="/outbox"
        aria-current={at === 'outbox' ? 'page' : undefined}
        onClick={(e) => {
          e.preventDefault();
          go({ at: 'outbox', sheet: null }, at === 'mail' ? 'push' : 'replace');
        }}
      >
        <Icon name="outbox" />
        <span>Outbox</span>
        {waiting.value > 0 && (
          <span class="badge" aria-label={waitingCount(waiting.value)}>
            {waiting.value}
          </span>
        )}
      </a>
    </nav>
  );
}
