import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { healthRoutes } from '../src/adapters/http/health.ts';
import { readConfig } from '../src/config.ts';
import { faultOfName } from '../src/config-names.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const { version, bin, engines } = z
  .object({
    version: z.string(),
    bin: z.object({ aire: z.string() }),
    engines: z.object({ node: z.string() }),
  })
  .parse(JSON.parse(read('package.json')));
const routes = healthRoutes({ ping: async () => {} }).map((route) => route.path);

interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** The stages of a Dockerfile, each from its FROM on. */
function stagesOf(text: string): Instruction[][] {
  const lines = text.replace(/^\s*#.*\n/gm, '').replace(/\\\n\s*/g, '');
  const stages: Instruction[][] = [];
  for (const line of lines.split('\n').filter((each) => each.trim() !== '')) {
    const [name = '', ...rest] = line.split(' ');
    if (name === 'FROM') stages.push([]);
    stages.at(-1)?.push({ name, rest: rest.join(' ') });
  }
  return stages;
}

/** What is wrong with an image, in words. */
function faultsOfImage(dockerfile: string, ignore: string): string[] {
  const stages = stagesOf(dockerfile);
  const final = stages.at(-1) ?? [];
  const ofFinal = (name: string) => final.filter((each) => each.name === name).map((each) => each.rest);
  const admitted = ignore.split('\n').flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
  const copied = stages
    .flat()
    .filter((each) => each.name === 'COPY' && !each.rest.startsWith('--from'))
    .flatMap((each) => each.rest.split(' ').slice(0, -1));
  return [
    ...(/^[1-9]\d*(:\d+)?$/.test(ofFinal('USER').at(-1) ?? '') ? [] : ['it runs as root or by name']),
    ...(/install .*\bgit\b/.test(ofFinal('RUN').join('\n')) ? [] : ['git is not installed']),
    ...(ofFinal('ENTRYPOINT').at(-1)?.includes(`"/app/${bin.aire}"`)
      ? []
      : ['it does not start the program']),
    ...stages.flatMap(([from]) =>
      /^node:\d+\.\d+-[a-z]+-slim( AS \w+)?$/.test(from?.rest ?? '') ? [] : [`${from?.rest} is not pinned`],
    ),
    ...copied.flatMap((path) => (existsSync(join(root, path)) ? [] : [`${path} does not exist`])),
    ...copied.flatMap((path) => (admitted.includes(path) ? [] : [`${path} is left out by .dockerignore`])),
    ...admitted.flatMap((path) => (copied.includes(path) ? [] : [`${path} is sent and not used`])),
    ...(ofFinal('WORKDIR').at(-1) === ofFinal('VOLUME').at(-1) ? [] : ['what it writes is in no volume']),
    ...(routes.some((path) => ofFinal('HEALTHCHECK').at(-1)?.includes(`${path}\``))
      ? []
      : ['its health check asks for no route']),
  ];
}

/** The variables that an image sets. */
const environmentOf = (dockerfile: string): Record<string, string> =>
  Object.fromEntries(
    stagesOf(dockerfile)
      .flat()
      .filter((each) => each.name === 'ENV')
      .flatMap((each) => each.rest.split(/ +/).map((pair) => pair.split('=', 2))),
  );

const compose = z
  .object({
    services: z.object({
      aire: z.object({
        image: z.string(),
        environment: z.record(z.string(), z.string()),
        ports: z.array(z.string()),
        volumes: z.array(z.string()),
        stop_grace_period: z.string(),
        depends_on: z.object({ postgres: z.object({ condition: z.literal('service_healthy') }) }),
      }),
      postgres: z.object({
        image: z.string().regex(/^postgres:1[5-9]\b/),
        volumes: z.array(z.string()),
        healthcheck: z.object({ test: z.array(z.string()) }),
      }),
    }),
    volumes: z.record(z.string(), z.null()),
  })
  .parse(parse(read('compose.yaml')));

const probe = z.object({ httpGet: z.object({ path: z.enum(routes), port: z.literal('http') }) });
const labels = z.record(z.string(), z.string());
const deployment = z.object({
  kind: z.literal('Deployment'),
  spec: z.object({
    replicas: z.number().min(2),
    selector: z.object({ matchLabels: labels }),
    template: z.object({
      metadata: z.object({ labels }),
      spec: z.object({
        enableServiceLinks: z.literal(false),
        terminationGracePeriodSeconds: z.number(),
        securityContext: z.object({ runAsNonRoot: z.literal(true), runAsUser: z.number().positive() }),
        containers: z.tuple([
          z.object({
            image: z.string(),
            env: z.array(z.object({ name: z.string(), value: z.string() })),
            ports: z.array(z.object({ name: z.literal('http'), containerPort: z.number() })),
            startupProbe: probe,
            livenessProbe: probe,
            readinessProbe: probe,
            securityContext: z.object({ readOnlyRootFilesystem: z.literal(true) }),
            volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })),
          }),
        ]),
        volumes: z.array(z.looseObject({ name: z.string() })),
      }),
    }),
  }),
});
const selecting = z.object({ spec: z.looseObject({ selector: z.unknown() }) });

const dockerfile = read('Dockerfile');
const image = environmentOf(dockerfile);

describe('the image', () => {
  it('runs as nobody special, has git, and copies what exists', () => {
    expect(faultsOfImage(dockerfile, read('.dockerignore'))).toEqual([]);
  });

  it('a Dockerfile with faults is found (control)', () => {
    const wrong = dockerfile
      .replace('USER 1000:1000', 'USER root')
      .replace(' git tini', ' tini')
      .replace('/healthz', '/health')
      .replace('COPY templates', 'COPY template')
      .replace('node:22.20-bookworm-slim AS build', 'node:latest');
    expect(faultsOfImage(wrong, read('.dockerignore'))).toEqual([
      'it runs as root or by name',
      'git is not installed',
      'node:latest is not pinned',
      'template does not exist',
      'template is left out by .dockerignore',
      'templates is sent and not used',
      'its health check asks for no route',
    ]);
  });

  it('has a Node.js that the package allows', () => {
    const [, major] = /^FROM node:(\d+)/m.exec(dockerfile) ?? [];
    expect(Number(major)).toBeGreaterThan(Number(/\d+/.exec(engines.node)?.[0]));
  });
});

describe('compose.yaml', () => {
  const { aire, postgres } = compose.services;

  it('gives aire a configuration that it takes, with the directories that are mounted', () => {
    const given = { ...image, ...aire.environment };
    for (const name of Object.keys(given)) expect(faultOfName(name), name).toBeUndefined();
    const filled = Object.entries(given).map(([name, value]) => [
      name,
      value.replace(/\$\{[^}]+\}/, 'secret'),
    ]);
    const config = readConfig(Object.fromEntries(filled), () => '');
    expect(config.database.kind).toBe('postgres');
    expect(aire.ports).toEqual([`127.0.0.1:3000:${config.http.port}`]);
    const mounted = aire.volumes.map((volume) => volume.split(':')[1]);
    expect(mounted).toContain(config.directories.runbooks);
    for (const directory of [config.directories.golden, config.directories.postmortems])
      expect(mounted.some((each) => directory.startsWith(`${each}/`))).toBe(true);
  });

  it('declares exactly the volumes that it uses', () => {
    const used = [...aire.volumes, ...postgres.volumes].map((volume) => volume.split(':')[0] ?? '');
    expect(used.filter((name) => !name.startsWith('.')).sort()).toEqual(Object.keys(compose.volumes).sort());
  });
});

describe('operations/kubernetes.yaml', () => {
  const documents = parseAllDocuments(read('operations/kubernetes.yaml')).map((each) => each.toJS());
  const { spec } = deployment.parse(documents[0]);
  const pod = spec.template.spec;
  const [container] = pod.containers;

  it('has the four kinds, which select the same pods', () => {
    const kinds = documents.map((each) => z.object({ kind: z.string() }).parse(each).kind);
    expect(kinds).toEqual(['Deployment', 'PersistentVolumeClaim', 'Service', 'PodDisruptionBudget']);
    const own = spec.template.metadata.labels;
    expect(spec.selector.matchLabels).toEqual(own);
    expect(selecting.parse(documents[2]).spec.selector).toEqual(own);
    expect(selecting.parse(documents[3]).spec.selector).toEqual({ matchLabels: own });
  });

  it('gives aire a configuration that it takes, on the port that it probes', () => {
    const given = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));
    for (const name of Object.keys(given)) expect(faultOfName(name), name).toBeUndefined();
    const config = readConfig({ ...image, ...given, DATABASE_URL: 'postgres://aire@db/aire' }, () => '');
    expect(container.ports).toEqual([{ name: 'http', containerPort: config.http.port }]);
    expect(container.livenessProbe.httpGet.path).toBe('/healthz');
    expect(container.readinessProbe.httpGet.path).toBe('/readyz');
    // Kubernetes would set this for a Service called aire.
    expect(faultOfName('AIRE_PORT')).toBeDefined();
  });

  it('mounts what it declares, and every example service', () => {
    const names = pod.volumes.map((each) => each.name).sort();
    expect(container.volumeMounts.map((each) => each.name).sort()).toEqual(names);
    const paths = container.volumeMounts.map((each) => each.mountPath);
    expect(paths).toContain(image.AIRE_RUNBOOKS_DIR);
    for (const path of read('operations/kubernetes.yaml').matchAll(/path: (services\/\S+\.yaml)/g))
      expect(readdirSync(join(root, 'runbooks/services')).map((name) => `services/${name}`)).toContain(
        path[1],
      );
  });
});

it('every image has the version of the package, and as long to stop', () => {
  const tags = `${dockerfile}${read('compose.yaml')}${read('operations/kubernetes.yaml')}`.matchAll(
    /\baire:(\d\S+)/g,
  );
  expect([...new Set(Array.from(tags, (match) => match[1]))]).toEqual([version]);
  const { spec } = deployment.parse(parseAllDocuments(read('operations/kubernetes.yaml'))[0]?.toJS());
  const seconds = spec.template.spec.terminationGracePeriodSeconds;
  expect(compose.services.aire.stop_grace_period).toBe(`${seconds}s`);
  // A request may take 30 s, a job 15 s.
  expect(seconds).toBeGreaterThan(30);
});
