import type { LabelsService } from '../../shared/contract.ts'
import { exportImageFolder } from '../dataset/image-folder.ts'
import { labelTable } from '../dataset/label-table.ts'
import type { Labels } from '../project/labels.ts'
import type { OpenProject } from '../project/open-project.ts'
import type { Tasks } from '../project/tasks.ts'

export function createLabelsService({ project, tasks }: { project: OpenProject; tasks: Tasks }): LabelsService {
  const labels = (): Labels => project.current().labels
  return {
    set: async ({ photos, classId }) => labels().set(photos, classId),
    exclude: async ({ photos, excluded }) => labels().exclude(photos, excluded),
    flag: async ({ photos, flagged }) => labels().flag(photos, flagged),
    confirm: async ({ photos, classId }) => labels().confirm(photos, classId),
    createClass: async ({ name }) => labels().createClass(name),
    renameClass: async ({ classId, name }) => labels().renameClass(classId, name),
    mergeClasses: async ({ from, into }) => labels().mergeClasses(from, into),
    removeClass: async ({ classId }) => labels().removeClass(classId),
    setKey: async ({ classId, key }) => labels().setKey(classId, key),
    undo: async () => labels().undo(),
    redo: async () => labels().redo(),
    exportCsv: async () => labelTable(project.current()),
    exportFolders: async (input) => ({ task: (await exportImageFolder(project.current(), tasks, input)).id }),
  }
}
