/**
 * When the app cannot start at all.
 *
 * Decision: the usual reason is a browser that keeps nothing (private window, storage full or refused). It is said
 * in words with the next step; the error itself stands below for whoever helps.
 */
export function Broken({ error }: { error: unknown }) {
  return (
    <main class="door">
      <div class="door-card">
        <h1>Pimento cannot start</h1>
        <p>
          It keeps your mail in this browser, and this browser does not let it. A private window or a full
          disk are the usual reasons.
        </p>
        <p class="door-note">{error instanceof Error ? error.message : String(error)}</p>
        <button type="button" class="button primary wide" onClick={() => location.reload()}>
          Try again
        </button>
      </div>
    </main>
  );
}
