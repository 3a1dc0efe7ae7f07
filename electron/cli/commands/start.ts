import { createBrowserHost } from '../../host/browser/host.ts'
import { serve } from '../../host/browser/serve.ts'
import { hasDisplay, openOutside } from '../../host/open-outside.ts'
import { startApplication } from '../../host/start-application.ts'
import { fleuronHome } from '../../project/library.ts'
import { forkComputeProcess } from '../../train/compute/fork-compute.ts'

/** Serves the application to a browser until it is told to end. */
export async function start(options: { headless?: boolean; port?: number }): Promise<void> {
  // Listened for before anybody can know the address; a second signal must not cut short what the first began.
  const toldToEnd = new Promise<void>((end) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end())
  })
  const application = await startApplication({
    home: fleuronHome(),
    host: createBrowserHost(),
    launchCompute: forkComputeProcess,
  })
  try {
    const served = await serve({ application, port: options.port })
    process.stdout.write(`Fleuron is ready: ${served.address}\n`)
    if (!options.headless && hasDisplay()) await openOutside(served.address)
    await toldToEnd
    await served.close()
  } finally {
    await application.close()
  }
}
