import { assertNever } from '@perun-watcher/core/adapter'
import type { Theme } from '../../terminal/theme.ts'
import type { Finding } from './finding.ts'

/** A finding for people: the check, what was found, and below it what to do. */
export function findingLines({ check, status, found, remedy }: Finding, theme: Theme): readonly string[] {
  return [
    `${markOf(status, theme)} ${check}: ${found}`,
    ...(remedy === undefined ? [] : [`       ${theme.quiet(`What to do: ${remedy}`)}`]),
  ]
}

function markOf(status: Finding['status'], { good, busy, bad }: Theme): string {
  switch (status) {
    case 'ok':
      return good('ok  ')
    case 'warn':
      return busy('warn')
    case 'fail':
      return bad('fail')
    default:
      return assertNever(status)
  }
}

export function closingLine(findings: readonly Finding[]): string {
  const count = (status: Finding['status']): number => findings.filter((finding) => finding.status === status).length
  const [failed, warned] = [count('fail'), count('warn')]
  if (failed === 0) return `All is well${warned === 0 ? '' : `, with ${warned} to think about`}.`
  return `${failed} of ${findings.length} checks failed. The watcher cannot keep its promises until they are fixed.`
}
