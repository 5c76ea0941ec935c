import './page.css';
import { Suspense, use } from 'react';
import { createRoot } from 'react-dom/client';
import { Boundary } from './boundary.tsx';
import { Page } from './page.tsx';
import { askSettings } from './settings.ts';

const settings = askSettings();
createRoot(document.getElementById('root')!).render(
  <Boundary>
    <Suspense>
      <Opened />
    </Suspense>
  </Boundary>,
);

function Opened() {
  return <Page settings={use(settings)} />;
}
