import type { TasksService } from '../../shared/contract.ts'
import type { Tasks } from '../project/tasks.ts'

export const createTasksService = ({ tasks }: { tasks: Tasks }): TasksService => ({
  list: async () => tasks.list(),
  cancel: async ({ task }) => tasks.cancel(task),
  onChanged: tasks.onChanged,
})
