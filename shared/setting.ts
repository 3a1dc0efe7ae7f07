/** One number that a form may ask for, with its honest range. */
export interface Setting {
  readonly name: string
  readonly label: string
  readonly description: string
  readonly default: number
  readonly minimum: number
  readonly maximum: number
  readonly kind: 'number' | 'whole' | 'switch'
  /** How the number is said: '%' shows a share of 1 in percent. Without one it is said as it is. */
  readonly unit?: '%' | '°'
  /** What a slider moves by. */
  readonly step?: number
}
