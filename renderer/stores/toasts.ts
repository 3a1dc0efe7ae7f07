import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import type { ErrorValue } from '../../shared/errors.ts'
import type { ClassInfo } from '../../shared/project.ts'
import { errorValue } from '../fleuron.ts'

export interface Toast {
  id: number
  tone: 'done' | 'error'
  text: string
  /** Named behind the text, with its key. */
  classInfo?: ClassInfo | undefined
  details?: string | undefined
  action?: { label: string; cap?: string; run: () => void } | undefined
}

const shownSeconds = 6

/** What was just done, and what went wrong. What was done goes by itself; an error stays until it is dismissed. */
export const useToasts = defineStore('toasts', () => {
  const toasts = shallowRef<readonly Toast[]>([])
  let lastId = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  const dismiss = (id: number) => {
    toasts.value = toasts.value.filter((toast) => toast.id !== id)
  }

  const goSoon = (id: number) => {
    clearTimeout(timer)
    timer = setTimeout(() => dismiss(id), shownSeconds * 1000)
  }

  /** The news takes the place of older news. */
  const done = (text: string, more: Pick<Toast, 'classInfo' | 'action'> = {}) => {
    const id = ++lastId
    toasts.value = [...toasts.value.filter((toast) => toast.tone === 'error'), { id, tone: 'done', text, ...more }]
    goSoon(id)
  }

  const failed = (error: ErrorValue, action?: Toast['action']) => {
    if (error.code === 'cancelled') return
    const others = toasts.value.filter((toast) => toast.text !== error.message)
    const toast: Toast = { id: ++lastId, tone: 'error', text: error.message, details: error.details, action }
    toasts.value = [...others.slice(-2), toast]
  }

  /** Answers whether it was done; what went wrong is said. */
  const attempt = async (work: () => Promise<unknown>): Promise<boolean> => {
    try {
      await work()
      return true
    } catch (error) {
      failed(errorValue(error))
      return false
    }
  }

  /** While the pointer or the focus is on it, a toast stays. */
  const hold = () => clearTimeout(timer)

  return { toasts, done, failed, attempt, dismiss, hold, goSoon }
})
