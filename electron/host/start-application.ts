import { createApplication, type Application, type ApplicationOptions } from '../api/application.ts'
import { serveHolder } from './socket.ts'

/** The application, answering other processes of the user while it holds a project. */
export async function startApplication(options: ApplicationOptions): Promise<Application> {
  const application = await createApplication(options)
  const holder = serveHolder(application)
  return {
    ...application,
    close: async () => {
      await application.close()
      holder.close()
    },
  }
}
