const longest = 72

/**
 * What is wrong with the subjects of commits. Each begins with what it is about, a package or a folder, so that the
 * history of one can be read, and fits into the lists that tools show.
 *
 * @param {readonly { readonly id: string, readonly subject: string }[]} commits
 * @returns {string[]} one line for each fault
 */
export function checkCommits(commits) {
  return commits.flatMap(({ id, subject }) => {
    const problems = [
      ...(subject.length > longest ? [`${subject.length} characters, at most ${longest}`] : []),
      ...(/^[a-z][a-z\d-]*(?:, [a-z][a-z\d-]*)*: \S/.test(subject)
        ? []
        : ['does not begin with a package, as in "core: …"']),
    ]
    return problems.map((problem) => `${id.slice(0, 8)} ${problem}: ${subject}`)
  })
}
