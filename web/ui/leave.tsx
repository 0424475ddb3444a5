/**
 * The question before signing out.
 *
 * Decision: signing out erases this device. If something here exists nowhere else, waiting calls or drafts, it is
 * counted and named before the button is pressed.
 */
import { leaveAccount } from './enter.ts';
import { back } from './history.ts';
import { Sheet } from './sheet.tsx';
import { drafts, pending } from './state.ts';
import { lostBySigningOut } from './words.ts';

export function Leave() {
  const lost = lostBySigningOut(pending.value.length, drafts.value.length);
  return (
    <Sheet name="Sign out of this device?" kind="foot">
      <div class="question">
        <p>The mail kept on this device is erased. It stays on the mail server.</p>
        {lost !== '' && <p class="note bad">{lost}</p>}
        <div class="question-buttons">
          <button type="button" class="button" onClick={back}>
            Stay
          </button>
          <button type="button" class="button primary" onClick={() => void leaveAccount()}>
            Sign out and erase
          </button>
        </div>
      </div>
    </Sheet>
  );
}
