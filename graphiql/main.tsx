// First: it sets up the editor's workers.
import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import './page.css';
import { createGraphiQLFetcher, type Fetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';
import type { GraphiqlSettings } from '../src/gateway/http/graphiql.ts';

const settings = (await (await fetch('graphiql.json')).json()) as GraphiqlSettings;
const signIn = { Authorization: 'Bearer YOUR TOKEN' };
const headers = JSON.stringify({ ...signIn, ...settings.headers }, undefined, 2);
const ask = createGraphiQLFetcher({
  url: settings.endpoint,
  subscriptionUrl: new URL(settings.endpoint, location.href).href.replace(/^http/, 'ws'),
  headers: { ...settings.headers },
});

/** GraphiQL still names the operation of the tab before where Run follows right after a change of tabs. */
const fetcher: Fetcher = ({ operationName, ...request }, options) =>
  ask(operationName && request.query.includes(operationName) ? { ...request, operationName } : request, options);

createRoot(document.getElementById('root')!).render(
  <GraphiQL
    fetcher={fetcher}
    defaultTabs={settings.tabs.map((query) => ({ query, headers }))}
    initialHeaders={headers}
    defaultHeaders={headers}
    shouldPersistHeaders={false}
    schemaDescription
    defaultEditorToolsVisibility="headers"
  >
    <GraphiQL.Logo>Satellite</GraphiQL.Logo>
  </GraphiQL>,
);
