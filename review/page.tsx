import type { PageSettings } from '../src/gateway/http/page-settings.ts';
import { PublicationPage } from './publication-page.tsx';
import { QueuePage } from './queue-page.tsx';
import { useAddress } from './address.ts';
import { SignedIn } from './session.tsx';

/** The queue at `publications/`, one publication at `publications/{id}`. */
export function Page({ settings }: { readonly settings: PageSettings }) {
  const { id, search } = useAddress();
  return (
    <>
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <SignedIn settings={settings}>
        {id === '' ? <QueuePage search={search} /> : <PublicationPage key={id} id={id} version={versionIn(search)} />}
      </SignedIn>
    </>
  );
}

function versionIn(search: URLSearchParams): number | undefined {
  const version = Number(search.get('version'));
  return Number.isInteger(version) && version > 0 ? version : undefined;
}
