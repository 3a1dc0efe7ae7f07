import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import type { ErrorValue } from '../../shared/errors.ts'
import { counted } from '../format.ts'
import { errorValue, fleuron } from '../fleuron.ts'
import { capOf } from '../keymap.ts'
import { usePhotos } from './photos.ts'
import { useProject } from './project.ts'
import { useToasts } from './toasts.ts'

/** Labelling, wherever photos are shown: what is on its way, what was done, what can be undone. */
export const useLabels = defineStore('labels', () => {
  /** Photos whose new class (null: none) the main process has not confirmed yet. */
  const pending = shallowReactive(new Map<string, { classId: string | null }>())
  const project = useProject()
  const photos = usePhotos()
  const toasts = useToasts()

  const undoAction = () => ({ label: 'Undo', cap: capOf('undo'), run: () => void undo() })

  /** Answers whether it was done; what went wrong was said. */
  const attempt = async (work: () => Promise<void>): Promise<boolean> => {
    try {
      await work()
      return true
    } catch (error) {
      toasts.failed(errorValue(error), { label: 'Try again', run: () => void attempt(work) })
      return false
    }
  }

  /** A null class clears. The label counts as set when this answers true, and not before. */
  const setClass = (ids: readonly string[], classId: string | null): Promise<boolean> =>
    attempt(async () => {
      const mark = { classId }
      for (const id of ids) pending.set(id, mark)
      try {
        await fleuron().labels.set({ photos: [...ids], classId })
        photos.patch(ids, { classId })
        const many = counted(ids.length, 'photo')
        if (classId === null) toasts.done(`${many} without a class`, { action: undoAction() })
        else toasts.done(`${many} set to`, { classInfo: project.classById(classId), action: undoAction() })
      } finally {
        for (const id of ids) if (pending.get(id) === mark) pending.delete(id)
      }
    })

  const exclude = (ids: readonly string[], excluded: boolean): Promise<boolean> =>
    attempt(async () => {
      await fleuron().labels.exclude({ photos: [...ids], excluded })
      photos.patch(ids, { excluded })
      toasts.done(
        `${counted(ids.length, 'photo')} ${excluded ? 'excluded from training' : 'used for training again'}`,
        {
          action: undoAction(),
        },
      )
    })

  const flag = (ids: readonly string[], flagged: boolean): Promise<boolean> =>
    attempt(async () => {
      await fleuron().labels.flag({ photos: [...ids], flagged })
      photos.patch(ids, { flagged })
      toasts.done(`${counted(ids.length, 'photo')} ${flagged ? 'flagged' : 'no longer flagged'}`, {
        action: undoAction(),
      })
    })

  /** Their class was looked at and found right; null takes that back. */
  const confirm = (ids: readonly string[], classId: string | null): Promise<boolean> =>
    attempt(async () => {
      await fleuron().labels.confirm({ photos: [...ids], classId })
      toasts.done(`${counted(ids.length, 'label')} ${classId === null ? 'no longer found right' : 'found right'}`, {
        action: undoAction(),
      })
    })

  const undo = () =>
    attempt(async () => {
      const undone = await fleuron().labels.undo()
      if (undone === null) toasts.done('There is nothing to undo.')
      else
        toasts.done(`Undone: ${undone.label}`, {
          action: { label: 'Redo', cap: capOf('redo'), run: () => void redo() },
        })
    })

  const redo = () =>
    attempt(async () => {
      const redone = await fleuron().labels.redo()
      if (redone === null) toasts.done('There is nothing to redo.')
      else toasts.done(`Done again: ${redone.label}`, { action: undoAction() })
    })

  /** For forms that show the error beside the field: null when it was done. */
  const changeClasses = async (work: () => Promise<unknown>, said: string): Promise<ErrorValue | null> => {
    try {
      await work()
      toasts.done(said, { action: undoAction() })
      return null
    } catch (error) {
      return errorValue(error)
    }
  }

  return { pending, setClass, exclude, flag, confirm, undo, redo, changeClasses }
})
