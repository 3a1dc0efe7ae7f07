import type { ReviewService } from '../../shared/contract.ts'
import { evaluateRun, reviewPhotos } from '../evaluate/run-review.ts'
import type { OpenProject } from '../project/open-project.ts'

export function createReviewService({ project }: { project: OpenProject }): ReviewService {
  return {
    evaluation: async ({ run, split }) => {
      const { runs } = project.current()
      return evaluateRun(runs.get(run), split, runs.predictions(run, split))
    },
    photos: async ({ run, split, cell }) => {
      const { runs, photos } = project.current()
      const predictions = runs.predictions(run, split)
      return reviewPhotos(runs.get(run), predictions, photos.get(predictions.map(({ photo }) => photo)), cell)
    },
    corrections: async ({ run }) => project.current().runs.corrections(run),
  }
}
