/** The Helm chart, rendered by helm as Argo CD does. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { parseConfig } from '../../src/gateway/config.ts';
import { CHECKOUT } from '../../stack/checkout.ts';
import { findHelm } from '../../stack/helm.ts';
import { isFull } from '../sample.ts';

const run = promisify(execFile);
const CHART = join(CHECKOUT, 'deploy', 'satellite');
const EXAMPLE = join(CHART, 'values-example.yaml');

const helm = await findHelm(isFull);
const title = 'missing' in helm ? `the chart (skipped: ${helm.missing})` : 'the chart';

/** What the tests read of a Kubernetes object. */
interface KubernetesObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  // Kinds differ, and the tests know which one they have.
  /* eslint-disable @typescript-eslint/no-explicit-any */
  readonly spec: any;
  readonly data: any;
  /* eslint-enable @typescript-eslint/no-explicit-any */
}

async function helmRun(...args: string[]): Promise<string> {
  if ('missing' in helm) throw new Error(helm.missing);
  return (await run(helm.executable, args)).stdout;
}

async function rendered(...args: string[]): Promise<KubernetesObject[]> {
  const text = await helmRun('template', 'satellite', CHART, '--namespace', 'satellite', '--values', EXAMPLE, ...args);
  return parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject);
}

const path = z.strictObject({
  path: z.string().startsWith('/'),
  pathType: z.enum(['Exact', 'ImplementationSpecific', 'Prefix']),
  backend: z.strictObject({
    service: z.strictObject({ name: z.string(), port: z.strictObject({ name: z.string() }) }),
  }),
});
const scopes = z.array(z.string().regex(/^[a-z]+:[a-z]+$/)).min(1);

/** What a GafaelfawrIngress may hold, as its custom resource definition has it, where we use it. */
const gafaelfawrIngress = z.strictObject({
  apiVersion: z.literal('gafaelfawr.lsst.io/v1alpha1'),
  kind: z.literal('GafaelfawrIngress'),
  metadata: z.strictObject({ name: z.string(), labels: z.record(z.string(), z.string()) }),
  config: z
    .strictObject({
      service: z.string(),
      allowCookies: z.boolean().optional(),
      loginRedirect: z.boolean().optional(),
      scopes: z.union([z.strictObject({ all: scopes }), z.strictObject({ anonymous: z.literal(true) })]),
      delegate: z
        .strictObject({
          internal: z.strictObject({ service: z.string(), scopes }),
          minimumLifetime: z.int().positive(),
        })
        .optional(),
    })
    // "None of the other configuration options are supported in this mode."
    .refine((c) => !('anonymous' in c.scopes) || Object.keys(c).every((key) => ['service', 'scopes'].includes(key)))
    .refine((c) => !(c.loginRedirect === true && c.allowCookies === false)),
  template: z.strictObject({
    metadata: z.strictObject({
      name: z.string(),
      annotations: z.record(z.string(), z.string()).optional(),
      labels: z.record(z.string(), z.string()).optional(),
    }),
    spec: z.strictObject({
      rules: z
        .array(z.strictObject({ host: z.string(), http: z.strictObject({ paths: z.array(path).min(1) }) }))
        .min(1),
    }),
  }),
});

describe.skipIf('missing' in helm)(title, () => {
  let objects: KubernetesObject[];
  beforeAll(async () => {
    objects = await rendered();
  });
  const the = (kind: string, name = 'satellite') => {
    return objects.find((object) => object.kind === kind && object.metadata.name === name)!;
  };

  test('is one that helm has nothing to say against', async () => {
    expect(await helmRun('lint', CHART, '--strict', '--values', EXAMPLE)).toContain('0 chart(s) failed');
  });

  test.each([
    ['global.host', 'global.host='],
    ['global.vaultSecretsPath', 'global.vaultSecretsPath='],
    ['config.trustedProxies', 'config.trustedProxies=null'],
    ['satellites.volume', 'satellites.volume=null'],
  ])('says that %s must be set', async (key, setting) => {
    await expect(rendered('--set', setting)).rejects.toThrow(`${key} must be set`);
  });

  describe('the configuration', () => {
    const textOf = () => the('ConfigMap').data['gateway.yaml'] as string;
    const environmentOf = () => {
      const variables = the('Deployment').spec.template.spec.containers[0].env as { name: string }[];
      return Object.fromEntries(
        variables.map(({ name }) => [name, name === 'SATELLITE_S3_ACCESS_KEY_ID' ? 'id' : 'postgresql://x']),
      );
    };

    test('is one that the gateway takes', () => {
      const config = parseConfig(textOf(), { file: '/etc/satellite/gateway.yaml', environment: environmentOf() });
      expect(config).toMatchObject({
        http: { host: '0.0.0.0', port: 8080, pathPrefix: '/api/satellite' },
        publicUrl: 'https://data.example.org/api/satellite',
        graphiql: { origin: 'https://satellite-graphiql.data.example.org' },
        writing: { state: 'postgresql://x', satellites: { root: '/satellites' } },
        auth: { gafaelfawr: { url: 'https://data.example.org' } },
      });
    });

    test('is one that the gateway takes without GraphiQL too', async () => {
      const [map] = (await rendered('--set', 'graphiql.enabled=false')).filter(({ kind }) => kind === 'ConfigMap');
      const text = map!.data['gateway.yaml'] as string;
      const config = parseConfig(text, { file: '/etc/satellite/gateway.yaml', environment: environmentOf() });
      expect(config.graphiql.enabled).toBe(false);
    });

    test('holds names of secrets only, and each comes from the secret', async () => {
      const names = [...textOf().matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name!);
      expect(names.toSorted()).toEqual(Object.keys(environmentOf()).toSorted());
      expect(textOf()).not.toMatch(/postgresql:\/\/|gt-|password/i);
      const described = Object.keys(parse(await readFile(join(CHART, 'secrets.yaml'), 'utf8')) as object);
      for (const { valueFrom } of the('Deployment').spec.template.spec.containers[0].env as { valueFrom: unknown }[]) {
        expect(valueFrom).toEqual({ secretKeyRef: { name: 'satellite', key: expect.toBeOneOf(described) } });
      }
    });

    test('that is another restarts the pods', async () => {
      const sumOf = (all: KubernetesObject[]) =>
        all.find(({ kind }) => kind === 'Deployment')!.spec.template.metadata.annotations['checksum/config'] as string;
      expect(sumOf(await rendered())).toBe(sumOf(objects));
      expect(sumOf(await rendered('--set', 'config.pathPrefix=/api/other'))).not.toBe(sumOf(objects));
    });
  });

  test('pods may do nothing that they need not', () => {
    const pod = the('Deployment').spec.template.spec;
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 1000,
      runAsGroup: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    const [container] = pod.containers;
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['all'] },
      readOnlyRootFilesystem: true,
    });
    for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
      expect(container[probe].httpGet).toEqual({ path: '/healthz', port: 'http' });
    }
    expect(container.lifecycle.preStop.sleep.seconds).toBeLessThan(pod.terminationGracePeriodSeconds as number);
    expect(container.resources.limits).toBeDefined();
  });

  test('only the ingress reaches the pods, and what scrapes metrics where it may', async () => {
    const { podSelector, policyTypes, ingress } = the('NetworkPolicy').spec;
    expect(policyTypes).toEqual(['Ingress']);
    expect(podSelector.matchLabels).toEqual(the('Deployment').spec.selector.matchLabels);
    const fromIngress = {
      from: [{ namespaceSelector: {}, podSelector: { matchLabels: { 'gafaelfawr.lsst.io/ingress': 'true' } } }],
      ports: [{ protocol: 'TCP', port: 8080 }],
    };
    expect(ingress[0]).toEqual(fromIngress);
    expect(ingress[1].from).toEqual([
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'telegraf' } } },
    ]);
    const without = await rendered('--set', 'metrics.enabled=false');
    expect(without.find(({ kind }) => kind === 'NetworkPolicy')!.spec.ingress).toEqual([fromIngress]);
  });

  describe('ingresses', () => {
    const ingress = (name: string) => gafaelfawrIngress.parse(the('GafaelfawrIngress', name));

    test('are as Gafaelfawr has them', () => {
      const all = objects.filter(({ kind }) => kind === 'GafaelfawrIngress');
      expect(all.map((object) => gafaelfawrIngress.parse(object).metadata.name).toSorted()).toEqual([
        'satellite',
        'satellite-anonymous',
        'satellite-graphiql',
      ]);
    });

    test('that of the API takes no cookies, and asks for all the scopes that the gateway looks for', () => {
      expect(ingress('satellite').config).toEqual({
        service: 'satellite',
        allowCookies: false,
        scopes: { all: ['read:image'] },
        delegate: { internal: { service: 'satellite', scopes: ['read:image', 'write:files'] }, minimumLifetime: 3600 },
      });
      const [rule] = ingress('satellite').template.spec.rules;
      expect(rule).toMatchObject({ host: 'data.example.org', http: { paths: [{ path: '/api/satellite' }] } });
    });

    test('that of GraphiQL signs users in, on a host of its own', () => {
      const { config, template } = ingress('satellite-graphiql');
      expect(config).toEqual({ service: 'satellite', loginRedirect: true, scopes: { all: ['read:image'] } });
      expect(template.spec.rules.map(({ host }) => host)).toEqual(['satellite-graphiql.data.example.org']);
    });

    test('the anonymous one leads to what is nobody’s, or a right itself, and to nothing else', () => {
      const [rule] = ingress('satellite-anonymous').template.spec.rules;
      // As the ingress controller has regular expressions: from the beginning, small and large letters alike.
      const patterns = rule!.http.paths.map((p) => new RegExp(`^${p.path}`, 'i'));
      const isOpen = (address: string) => patterns.some((pattern) => pattern.test(`/api/satellite${address}`));
      const uuid = '4d2a0d0d-6c2e-5f0f-8d7a-0e5d6d1f2b3c';
      for (const open of [
        '/schema.graphql',
        '/api/butler/repositories.yaml',
        '/api/butler/repo/dp1/butler.yaml',
        '/api/butler/repo/alice~first+dp1/butler.json',
        `/files/alice~first/~c29tZQ/${uuid}/a.fits`,
        `/uploads/${uuid}/12`,
      ]) {
        expect(isOpen(open), open).toBe(true);
      }
      for (const closed of [
        '',
        '/graphql',
        '/graphql/stream',
        '/export',
        '/schemaxgraphql',
        '/api/butler/repo/dp1/v1/universe',
        '/api/butler/repo/dp1/v1/butler.yaml',
        `/files/alice~first/${uuid}/a.fits`,
        `/files/dp1/${uuid}/~a.fits`,
        '/uploads',
      ]) {
        expect(isOpen(closed), closed).toBe(false);
      }
    });
  });

  test('the secret comes from Vault, or is there already', async () => {
    expect(the('VaultSecret').spec).toEqual({ path: 'secret/phalanx/example/satellite', type: 'Opaque' });
    const others = await rendered('--set', 'existingSecret=mine');
    expect(others.some(({ kind }) => kind === 'VaultSecret')).toBe(false);
    const { env } = others.find(({ kind }) => kind === 'Deployment')!.spec.template.spec.containers[0];
    expect((env as { valueFrom: { secretKeyRef: { name: string } } }[])[0]!.valueFrom.secretKeyRef.name).toBe('mine');
  });

  test('the number of pods is fixed, or follows their load', async () => {
    expect(the('Deployment').spec.replicas).toBeUndefined();
    expect(the('HorizontalPodAutoscaler').spec).toMatchObject({ minReplicas: 2, maxReplicas: 8 });
    const fixed = await rendered('--set', 'autoscaling.enabled=false');
    expect(fixed.find(({ kind }) => kind === 'Deployment')!.spec.replicas).toBe(2);
  });
});
