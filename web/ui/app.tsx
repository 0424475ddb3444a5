/**
 * The house seen from the street: which panes stand, and which lies on top.
 *
 * Decision: the list never leaves the page while mail is shown; the reader lies over it on a phone and beside it at
 * a desk. So going back costs nothing and lands on the same pixel. What is covered is inert.
 */
import { useEffect } from 'preact/hooks';
import { Bar } from './bar.tsx';
import { Blank } from './empty.tsx';
import { back } from './history.ts';
import { IconButton } from './icons.tsx';
import { LazyCompose, LazyReader } from './lazily.tsx';
import { Leave } from './leave.tsx';
import { ListPane } from './list-pane.tsx';
import { Mailboxes } from './mailboxes.tsx';
import { Sheet } from './sheet.tsx';
import { SignInScreen } from './signin.tsx';
import { hasAccount, link, mailPlace, opened, route, session, wide } from './state.ts';
import { Tabs } from './tabs.tsx';
import { ToastLine } from './toast.tsx';
import { compose } from './writing.ts';

export function App() {
  const { at } = route.value;
  const outside = at === 'sign-in' || !hasAccount.value;
  // Not known yet who is signed in, or the mail of a session is still being opened: no form flashes by.
  const opening = session.value?.signedIn ?? link.value.is === 'connecting';
  const unknown = outside && at !== 'sign-in' && opening;
  return (
    <div class="app">
      <Bar />
      {unknown ? null : outside ? <SignInScreen /> : <Mail />}
      <ToastLine />
    </div>
  );
}

/** Whether something lies over the list on a phone. */
function isCovered(): boolean {
  const here = route.value;
  return here.at === 'compose' || (here.at === 'mail' && here.message !== null);
}

function Mail() {
  const { sheet } = route.value;
  const covered = isCovered() && !wide.value;
  return (
    <>
      <div class="panes" inert={sheet !== null} data-covered={isCovered()}>
        <div class="pane pane-nav">
          <Mailboxes desk />
        </div>
        <main class="pane pane-list" inert={covered}>
          <ListPane />
        </main>
        <ReadingPane />
        {!wide.value && !covered && <Tabs />}
      </div>
      {sheet === 'mailboxes' && (
        <Sheet name="Pimento" kind="side">
          <Mailboxes desk={false} />
        </Sheet>
      )}
      {sheet === 'leave' && <Leave />}
    </>
  );
}

function ReadingPane() {
  const here = route.value;
  const message = opened.value;
  const newDraft = here.at === 'compose' && here.draft === null;
  useEffect(() => {
    if (newDraft) compose('replace');
  }, [newDraft]);
  if (here.at === 'compose') {
    return (
      <section class="pane pane-read" aria-label="Compose">
        {here.draft !== null && <LazyCompose id={here.draft} />}
      </section>
    );
  }
  if (here.at !== 'mail' && !wide.value) return null;
  const wanted = here.at === 'mail' ? mailPlace.value.message : null;
  if (wanted === null && !wide.value) return null;
  return (
    <section class="pane pane-read" aria-label="Message">
      {wanted !== null && message !== null && <LazyReader message={message} />}
      {wanted !== null && message === null && <Missing />}
      {wanted === null && <Blank icon="inbox" title="Choose a mail to read" />}
    </section>
  );
}

function Missing() {
  return (
    <>
      <div class="reader-top">
        <IconButton icon="back" name="Back" class="back" press={back} />
      </div>
      <Blank icon="folder" title="This mail is not here">
        It may have been moved or deleted on another device.
      </Blank>
    </>
  );
}
