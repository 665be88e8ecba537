import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { catalogue } from '../../src/config/catalogue.ts'
import { envPrefix } from '../../src/config/places.ts'
import { type Declaration, declarations } from '../../src/observe/metrics/declarations.ts'
import { metricsRegistry } from '../../src/observe/metrics/metrics-registry.ts'
import { exitCodes } from '../../src/terminal/exit-codes.ts'

const textOf = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../packaging/${path}`, import.meta.url)), 'utf8')

const alerts = textOf('prometheus/alerts.yml')
const dashboard = textOf('grafana/dashboard.json')

/** The metrics that Prometheus sees: a histogram has three. */
const known = new Map<string, readonly string[]>(
  Object.entries(declarations).flatMap(([name, declaration]: readonly [string, Declaration]) => {
    const labels = declaration.labels ?? []
    if (declaration.type !== 'histogram') return [[name, labels] as const]
    return [
      [`${name}_bucket`, [...labels, 'le']] as const,
      [`${name}_sum`, labels] as const,
      [`${name}_count`, labels] as const,
    ]
  }),
)

/** Every expression of the alerts and of the dashboard. */
function expressions(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, field]: readonly [string, unknown]) =>
    key === 'expr' && typeof field === 'string' ? [field] : expressions(field),
  )
}

const all = [...expressions(parse(alerts)), ...expressions(JSON.parse(dashboard))]

test('alerts and dashboard are read, and name metrics', () => {
  expect(all.length).toBeGreaterThan(30)
  expect(all.filter((expression) => expression.includes('perun_watcher_')).length).toBeGreaterThan(30)
})

test('every metric of ours that they name exists, with the labels that they ask for', () => {
  const unknown = all.flatMap((expression) =>
    [...expression.matchAll(/(perun_watcher_\w+)(?:\{([^}]*)\})?/g)].flatMap(([, name = '', selector = '']) => {
      const labels = known.get(name)
      if (labels === undefined) return [name]
      const asked = [...selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, label = '']) => label)
      return asked
        .filter((label) => label !== 'instance' && !labels.includes(label))
        .map((label) => `${name}{${label}}`)
    }),
  )
  expect(unknown).toEqual([])
})

test('every counter whose increase an alert waits for is there before it increases', async () => {
  const { body } = await metricsRegistry().text(async () => {})
  const names = expressions(parse(alerts)).flatMap((expression) =>
    [...expression.matchAll(/increase\((perun_watcher_\w+)/g)].map(([, name = '']) => name),
  )
  expect(names.length).toBeGreaterThan(5)
  // What the engine counts is put in whenever somebody asks, for every reason.
  const missing = names.filter((name) => name !== 'perun_watcher_endangered_total' && !body.includes(`\n${name}`))
  expect(missing).toEqual([])
})

test('sums are grouped by labels that the metric has', () => {
  const sums = all.flatMap((expression) =>
    [...expression.matchAll(/by \(([^)]*)\) \((?:rate|increase)\((\w+)/g)].flatMap(([, by = '', name = '']) =>
      by.split(',').map((label) => ({ name, label: label.trim() })),
    ),
  )
  expect(sums.length).toBeGreaterThan(9)
  expect(sums.filter(({ name, label }) => !known.get(name)?.includes(label))).toEqual([])
})

test('every alert says what is wrong, what to do, and how urgent it is', () => {
  const { groups } = parse(alerts)
  expect(groups.flatMap(({ rules }: { rules: readonly unknown[] }) => rules).length).toBeGreaterThan(9)
  for (const { rules } of groups) {
    for (const { alert, labels, annotations } of rules) {
      expect(labels.severity, alert).toMatch(/^(?:page|ticket)$/)
      expect(annotations.summary, alert).toMatch(/\.$/)
      expect(annotations.action, alert).toMatch(/\.$/)
    }
  }
})

test('panels of the dashboard have numbers of their own and do not overlap', () => {
  const { panels } = JSON.parse(dashboard)
  expect(panels.length).toBeGreaterThan(9)
  const ids = panels.map(({ id }: { id: number }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }: { gridPos: Record<'x' | 'y' | 'w' | 'h', number> }) =>
    Array.from({ length: w * h }, (_, index) => `${x + (index % w)}:${y + Math.floor(index / w)}`),
  )
  expect(new Set(cells).size).toBe(cells.length)
})

test.each(['systemd/perun-watcher.service', 'docker/Dockerfile', 'docker/docker-compose.yml'])(
  '%s sets no variable that is no setting',
  (path) => {
    const names = textOf(path).match(new RegExp(`${envPrefix}\\w+`, 'g')) ?? []
    const settings = [`${envPrefix}CONFIG`, ...catalogue.map(({ env }) => env)]
    expect(names.filter((name) => !settings.includes(name))).toEqual([])
    expect(names).not.toEqual([])
  },
)

test('a wrong configuration is not tried again and again', () => {
  expect(textOf('systemd/perun-watcher.service')).toContain(`RestartPreventExitStatus=${exitCodes.config}\n`)
})

test('the README lists every exit code, and no other', () => {
  const readme = readFileSync(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8')
  const [, table = ''] = /## Exit codes\n\n((?:\|.*\n)+)/.exec(readme) ?? []
  const listed = [...table.matchAll(/^\| ([\d, ]+) \|/gm)].flatMap(([, codes = '']) => codes.split(',').map(Number))
  expect(listed).toEqual(Object.values(exitCodes))
})

test('the service is reloaded by a command of this program, with the configuration that it was started with', () => {
  const unit = textOf('systemd/perun-watcher.service')
  const [, config] = /^ExecStart=\/usr\/bin\/env perun-watcher run (--config \S+)$/m.exec(unit) ?? []
  expect(unit).toContain(`\nExecReload=/usr/bin/env perun-watcher reload ${config}\n`)
})

test('the other YAML files are read', () => {
  expect(parse(textOf('docker/docker-compose.yml')).services.watcher.image).toBe('perun-watcher')
  expect(parse(textOf('prometheus/scrape.yml')).scrape_configs[0].job_name).toBe('perun-watcher')
})
