import type { PhotosService } from '../../shared/contract.ts'
import type { OpenProject } from '../project/open-project.ts'

export const createPhotosService = ({ project }: { project: OpenProject }): PhotosService => ({
  page: async (query) => project.current().photos.page(query),
  ids: async ({ filter, order }) => project.current().photos.ids(filter, order),
  get: async ({ ids }) => project.current().photos.get(ids),
  marks: async ({ filter, order }) => project.current().photos.marks(filter, order),
  onChanged: project.onPhotosChanged,
})
