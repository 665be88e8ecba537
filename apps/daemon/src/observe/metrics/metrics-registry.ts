import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { type Declaration, declarations, type MetricName } from './declarations.ts'

type NameOf<Type extends Declaration['type']> = {
  [Name in MetricName]: (typeof declarations)[Name]['type'] extends Type ? Name : never
}[MetricName]

export type Labels = Readonly<Record<string, string>>

/** Where the parts of the daemon count; accepts declared metrics only. */
export interface Metrics {
  count(name: NameOf<'counter'>, labels?: Labels): void
  observe(name: NameOf<'histogram'>, value: number, labels?: Labels): void
  set(name: NameOf<'gauge'>, value: number, labels?: Labels): void
  /** Replaces all values of a gauge: those of labels that are gone do not stay. */
  setAll(name: NameOf<'gauge'>, ...values: readonly (readonly [value: number, labels?: Labels])[]): void
  /** Replaces all values of a counter, for what is counted elsewhere. */
  total(name: NameOf<'counter'>, ...values: readonly (readonly [value: number, labels?: Labels])[]): void
  /** @param collect sets the metrics that are only computed on request. */
  text(collect: () => Promise<void>): Promise<{ readonly contentType: string; readonly body: string }>
}

function entries<Type extends Declaration['type'], Metric>(
  type: Type,
  make: (name: string, declaration: Declaration) => Metric,
): ReadonlyMap<string, Metric> {
  const all: readonly (readonly [string, Declaration])[] = Object.entries(declarations)
  return new Map(all.flatMap(([name, each]) => (each.type === type ? [[name, make(name, each)] as const] : [])))
}

/** A registry with every declared metric and those of the process. */
export function metricsRegistry(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const base = (name: string, { help, labels = [] }: Declaration) => ({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
  })
  const counters = entries('counter', (name, each) => {
    const counter = new Counter(base(name, each))
    const [label = ''] = each.labels ?? []
    for (const value of each.fromStart ?? []) counter.inc({ [label]: value }, 0)
    return counter
  })
  const gauges = entries('gauge', (name, each) => new Gauge(base(name, each)))
  const histograms = entries(
    'histogram',
    (name, each) => new Histogram({ ...base(name, each), buckets: [...(each.buckets ?? [])] }),
  )
  return {
    count: (name, labels = {}) => counters.get(name)?.inc(labels),
    observe: (name, value, labels = {}) => histograms.get(name)?.observe(labels, value),
    set: (name, value, labels = {}) => gauges.get(name)?.set(labels, value),
    setAll(name, ...values) {
      const gauge = gauges.get(name)
      gauge?.reset()
      for (const [value, labels = {}] of values) gauge?.set(labels, value)
    },
    total(name, ...values) {
      const counter = counters.get(name)
      counter?.reset()
      for (const [value, labels = {}] of values) counter?.inc(labels, value)
    },
    async text(collect) {
      await collect()
      return { contentType: registry.contentType, body: await registry.metrics() }
    },
  }
}
