import { createApplication, type Application, type ApplicationOptions } from '../api/application.ts'
import { serveHolder, type HolderServer } from './socket.ts'

export type StartedApplication = Application & Pick<HolderServer, 'drain'>

/** The application, answering other processes of the user while it holds a project. */
export async function startApplication(options: ApplicationOptions): Promise<StartedApplication> {
  const application = await createApplication(options)
  const holder = serveHolder(application)
  return {
    ...application,
    drain: holder.drain,
    close: async () => {
      await application.close()
      holder.close()
    },
  }
}
