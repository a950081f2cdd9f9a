/** A real etcd for a test: on a data directory of its own, killed and started again as the test likes. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { systemTimer } from "../../store/ambient.ts"
import { EtcdConnection } from "../../store/etcd/connection.ts"
import {
  clearEtcdPlace,
  type EtcdPlace,
  type EtcdProcess,
  lastLogLine,
  layEtcdPlace,
  startEtcd,
} from "../../store/etcd/process.ts"
import { StoreError } from "../../store/index.ts"

export interface TestEtcd {
  readonly endpoints: ReadonlyArray<string>
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>
  /** Starts it again on the same data and the same address. */
  restart(): Promise<void>
  /** Runs it on the same data at another address, which nobody else knows, and stops it again. */
  restartElsewhere(use: (endpoints: ReadonlyArray<string>) => Promise<void>): Promise<void>
  /** Stops it and removes its data. */
  remove(): Promise<void>
}

/** Starts an etcd from PATH and waits until it answers. Where there is none this fails: a missing etcd is no pass. */
export const startTestEtcd = async (): Promise<TestEtcd> => {
  const directory = mkdtempSync(join(tmpdir(), "miren-test-etcd-"))
  const place = layEtcdPlace(directory)
  let etcd: EtcdProcess | undefined
  const start = async (at: EtcdPlace = place) => {
    etcd = startEtcd("etcd", at)
    const exit = etcd.exited.then(({ message }) => {
      throw new Error(`etcd ${message}: ${lastLogLine(place)}`)
    })
    await Promise.race([exit, answering(at.endpoint)])
    exit.catch(() => {})
  }
  const remove = async () => {
    await etcd?.stop(systemTimer)
    clearEtcdPlace(place)
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    await start()
  } catch (error) {
    await remove()
    throw error
  }
  return {
    endpoints: [place.endpoint],
    kill: async () => {
      if (etcd?.pid !== undefined) process.kill(etcd.pid, "SIGKILL")
      await etcd?.exited
    },
    restart: () => start(),
    restartElsewhere: async (use) => {
      const elsewhere = { ...layEtcdPlace(join(directory, "elsewhere")), dataDir: place.dataDir }
      await start(elsewhere)
      await use([elsewhere.endpoint])
      await etcd?.stop(systemTimer)
      clearEtcdPlace(elsewhere)
    },
    remove,
  }
}

const answering = async (endpoint: string): Promise<void> => {
  const connection = new EtcdConnection({ endpoints: [endpoint] })
  try {
    for (const deadline = performance.now() + 30_000; ; ) {
      try {
        await connection.newestRevision()
        return
      } catch (error) {
        if (performance.now() > deadline) throw error
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
  } finally {
    connection.close(new StoreError("Closed", "probe"))
  }
}
