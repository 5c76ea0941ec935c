import './page.css';
import { createRoot } from 'react-dom/client';
import type { PageSettings } from '../src/gateway/http/page-settings.ts';
import { Page } from './page.tsx';

const settings = (await (await fetch('settings.json')).json()) as PageSettings;
createRoot(document.getElementById('root')!).render(<Page settings={settings} />);
