/** A project: a folder of photographs, its classes and labels, and the models trained on them. */

export interface ClassInfo {
  id: string
  name: string
  /** The keyboard key that sets this class, or null when every key is taken. */
  key: string | null
  /** Place in the order of classes, from 0; colours follow it. */
  position: number
  /** Labelled photos that are not excluded. */
  count: number
}

export const splits = ['train', 'validation', 'test'] as const
export type Split = (typeof splits)[number]

export interface Project {
  id: string
  name: string
  /** Where Fleuron keeps the project (never among the photos). */
  directory: string
  /** The folder of photographs, which is only read. */
  folder: string
  /** False when the folder cannot be reached, e.g. a disk that is not connected. */
  folderAvailable: boolean
  photos: number
  labelled: number
  excluded: number
  unreadable: UnreadablePhoto[]
  classes: ClassInfo[]
  /** Photos per split; all zero until the first training run gave them out. */
  splits: Record<Split, number>
  /** What Undo and Redo would do, in words, e.g. "6 photos set to Rose". */
  undo: string | null
  redo: string | null
}

export interface ProjectSummary {
  id: string
  name: string
  directory: string
  folder: string
  /** False when the project or its photographs cannot be reached, e.g. a disk that is not connected. */
  available: boolean
  photos: number
  labelled: number
  /** ISO 8601. */
  openedAt: string
  bestAccuracy: number | null
  /** Up to four data: URLs of small photos. */
  cover: string[]
}

export interface UnreadablePhoto {
  /** Relative to the folder, with forward slashes. */
  path: string
  reason: string
}

/** What a folder holds, found by listing names only. */
export interface FolderReport {
  folder: string
  name: string
  /** 'classes': photos in one folder per class; 'unlabelled': photos without labels; 'mixed': both; 'empty': no photos. */
  layout: 'classes' | 'unlabelled' | 'mixed' | 'empty'
  classes: { name: string; count: number }[]
  /** Photos in the folder itself, beside the class folders. */
  loosePhotos: number
  photos: number
  /** Names of class folders that differ by case or Unicode form only, e.g. [["Rose", "rose"]]. */
  caseConflicts: string[][]
  /** Sentences about folders that were not read and why. */
  warnings: string[]
  /** The project already made from this folder, if there is one. */
  existing: ProjectSummary | null
}
