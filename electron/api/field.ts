import type { FieldService } from '../../shared/contract.ts'
import type { FieldWork } from '../field/classify-session.ts'

export const createFieldService = ({ field }: { field: FieldWork }): FieldService => ({
  models: async () => field.models(),
  classifyFolder: ({ run, folder, precision }) => field.classifyFolder(run, folder, precision),
  classifyDropped: ({ run, files, precision }) => field.classifyDropped(run, files, precision),
  resume: ({ session }) => field.resume(session),
  sessions: async () => field.sessions.list(),
  session: async ({ session }) => field.sessions.get(session),
  photos: async (page) => field.sessions.photos(page),
  exportCsv: async ({ session }) => field.exportCsv(session),
  onChanged: field.onChanged,
})
