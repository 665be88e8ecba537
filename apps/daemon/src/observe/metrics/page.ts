import { type Declaration, declarations } from './declarations.ts'

function row([name, { type, help, labels = [] }]: readonly [string, Declaration]): string {
  return `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help.replaceAll('|', '\\|')} |`
}

/** The text of docs/metrics.md. */
export function metricsPage(): string {
  return `# Metrics of \`perun-watcher\`

<!-- Written by \`pnpm docs:write\` from apps/daemon/src/observe/metrics/declarations.ts. Change it there. -->

\`GET /metrics\` at \`http.address\` answers in the text format of Prometheus. Times are in seconds, sizes in bytes. Besides
these come the process metrics of prom-client (\`process_…\` and \`nodejs_…\`, among them \`nodejs_eventloop_lag_seconds\`).
Names and labels are part of the public interface.

| Metric | Type | Labels | Meaning |
| --- | --- | --- | --- |
${Object.entries(declarations).map(row).join('\n')}
`
}
