/**
 * The notice at the foot of the screen.
 *
 * Decision: it lies over the page and moves nothing. The live region is always in the page, so a screen reader
 * hears the first notice too.
 */
import { holdToast, hush, resumeToast, toast } from './toasts.ts';

export function ToastLine() {
  const shown = toast.value;
  return (
    <div class="toasts" role="status" aria-live="polite">
      {shown !== null && (
        <div
          class="toast"
          key={shown.key}
          onPointerEnter={holdToast}
          onPointerLeave={resumeToast}
          onFocusIn={holdToast}
          onFocusOut={resumeToast}
        >
          <span>{shown.text}</span>
          {shown.button !== null && (
            <button
              type="button"
              onClick={() => {
                const press = shown.button?.press;
                hush();
                press?.();
              }}
            >
              {shown.button.label}
            </button>
          )}
        </div>
      )}
    </div>
  );
}
