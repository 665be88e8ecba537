import { stripVTControlCharacters } from 'node:util'
import { runScript } from './run.mjs'

/**
 * @typedef {object} Step
 * @property {string} script a script of the root package.json
 * @property {string} what what it looks at, for the person who waits
 * @property {readonly string[]} [args]
 * @property {'capture' | 'inherit'} [output]
 */

const parallel = 2

/**
 * Runs groups of steps one after the other and stops after the first group with a failure.
 *
 * @param {readonly (readonly Step[])[]} groups
 * @returns {Promise<Step[]>} the steps that failed
 */
export async function runSteps(groups) {
  for (const group of groups) {
    const failed = await runGroup(group)
    if (failed.length > 0) return failed
  }
  return []
}

/**
 * @param {readonly Step[]} group
 * @returns {Promise<Step[]>}
 */
async function runGroup(group) {
  const waiting = [...group]
  /** @type {Step[]} */
  const failed = []
  const work = async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      if (!(await runStep(step))) failed.push(step)
    }
  }
  await Promise.all(Array.from({ length: parallel }, work))
  return failed
}

/**
 * @param {Step} step
 * @returns {Promise<boolean>} whether it passed
 */
async function runStep({ script, what, args, output }) {
  const result = await runScript(script, { args, output })
  const passed = result.code === 0
  console.log(`${passed ? 'ok  ' : 'FAIL'}  ${script.padEnd(13)}${result.seconds.toFixed(1).padStart(6)} s  ${what}`)
  if (!passed) {
    const text = process.stdout.isTTY ? result.output : stripVTControlCharacters(result.output)
    console.log(`${text.trimEnd()}\n\n${script} failed. To run it alone: pnpm ${script}\n`)
  }
  return passed
}
