import { createApplication } from '../../api/application.ts'
import { createBrowserHost } from '../../host/browser/host.ts'
import { serve } from '../../host/browser/serve.ts'
import { hasDisplay, openOutside } from '../../host/open-outside.ts'
import { serveHolder } from '../../host/socket.ts'
import { fleuronHome } from '../../project/library.ts'
import { forkComputeProcess } from '../../train/fork-compute.ts'

/** Serves the application to a browser until it is told to end. */
export async function start(options: { headless?: boolean; port?: number }): Promise<void> {
  const application = await createApplication({
    home: fleuronHome(),
    host: createBrowserHost(),
    launchCompute: forkComputeProcess,
  })
  try {
    const served = await serve({ application, port: options.port })
    const holder = serveHolder(application)
    process.stdout.write(`Fleuron is ready: ${served.address}\n`)
    if (!options.headless && hasDisplay()) await openOutside(served.address)
    await new Promise((end) => {
      process.once('SIGINT', end)
      process.once('SIGTERM', end)
    })
    holder.close()
    await served.close()
  } finally {
    await application.close()
  }
}
