import { z } from 'zod'
import { splits, type Split } from './project.ts'

/** A photograph of the project, known by an opaque id; its path is an attribute that may change. */
export interface Photo {
  id: string
  /** File name without its folder. */
  name: string
  /** Relative to the project's folder. */
  path: string
  classId: string | null
  split: Split | null
  excluded: boolean
  flagged: boolean
  /** The user has looked at it and found its class right. */
  foundRight: boolean
  /** Null when it can be read; otherwise the reason, one sentence. */
  unreadable: string | null
  /** Pixels after orientation; null until the file has been opened. */
  width: number | null
  height: number | null
}

/** All conditions hold together; the filter is what stands in the address of the Photos screen. */
export const photoFilter = z.object({
  /** A class id, or 'none' for photos without a label. */
  classId: z.string().optional(),
  split: z.enum(splits).optional(),
  excluded: z.boolean().optional(),
  flagged: z.boolean().optional(),
  unreadable: z.boolean().optional(),
  /** Part of the file name, case ignored. */
  text: z.string().max(200).optional(),
})
export type PhotoFilter = z.infer<typeof photoFilter>

export const photoOrder = z.enum(['name', 'date', 'class'])
export type PhotoOrder = z.infer<typeof photoOrder>

/** A place in an ordered list where something begins. */
export interface PhotoMark {
  /** Of the first photo, from 0. */
  index: number
  /** By class: its id, null for photos without one. By date: the month, "2026-07". */
  at: string | null
}

/** Sizes in which photographs are shown: shorter side of 256 px, longer side of 1,440 px, or the whole file. */
export const imageTiers = ['grid', 'preview', 'original'] as const
export type ImageTier = (typeof imageTiers)[number]

/** Address of a project's photo, the same on both hosts, relative to the page. */
export const photoUrl = (photo: string, tier: ImageTier): string => `images/photo/${photo}/${tier}`

/** Address of a photo of a field session. */
export const fieldPhotoUrl = (session: string, index: number, tier: ImageTier): string =>
  `images/field/${session}/${index}/${tier}`
