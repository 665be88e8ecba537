/** Holds back the next read of a call while its messages wait for their reader: what gRPC then reads is nothing. */
export interface ReadGate {
  /** gRPC is ready for the next message: `read` is called once the gate is open. */
  request(read: () => void): void
  open(): void
  close(): void
}

export function readGate(): ReadGate {
  let isOpen = true
  let waiting: (() => void) | undefined

  return {
    request(read) {
      if (isOpen) read()
      else waiting = read
    },
    open() {
      isOpen = true
      const read = waiting
      waiting = undefined
      read?.()
    },
    close() {
      isOpen = false
    },
  }
}
