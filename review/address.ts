/** The page's address is what it shows: links within it load nothing anew, and "back" works. */
import { useEffect, useMemo, useSyncExternalStore } from 'react';

export interface Address {
  /** Identifier of a publication; '' at the queue. */
  readonly id: string;
  readonly search: URLSearchParams;
}

const CHANGED = 'address';

export function useAddress(): Address {
  const href = useSyncExternalStore(subscribe, () => location.href);
  useEffect(() => {
    document.addEventListener('click', followed);
    return () => document.removeEventListener('click', followed);
  }, []);
  return useMemo(() => {
    const { pathname, searchParams } = new URL(href);
    return { id: decodeURIComponent(pathname.slice(pathname.lastIndexOf('/') + 1)), search: searchParams };
  }, [href]);
}

/** @param to relative to the page */
export function go(to: string): void {
  history.pushState(null, '', new URL(to, location.href));
  dispatchEvent(new Event(CHANGED));
  scrollTo(0, 0);
}

function subscribe(changed: () => void): () => void {
  addEventListener('popstate', changed);
  addEventListener(CHANGED, changed);
  return () => {
    removeEventListener('popstate', changed);
    removeEventListener(CHANGED, changed);
  };
}

/** A plain click on a link within the page. */
function followed(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (!link || event.defaultPrevented || event.button !== 0) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const to = new URL(link.href);
  const here = new URL('./', location.href);
  if (to.hash !== '' || new URL('./', to).href !== here.href) return;
  event.preventDefault();
  go(to.href);
}
