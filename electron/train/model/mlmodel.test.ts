import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { mlmodelFiles, yamlText } from './mlmodel.ts'

const oracle = new URL('../../../../shared/oracle/mlflow/', import.meta.url)
const present = existsSync(oracle)
if (!present) {
  process.stderr.write('NOT RUN: ../shared is not here, so the MLmodel file is not held to MLflow’s own example.\n')
}

it.skipIf(!present)('writes what MLflow’s example has, for the same model', () => {
  const { model_onnx_base64: model } = JSON.parse(readFileSync(new URL('invocations.json', oracle), 'utf8')) as {
    model_onnx_base64: string
  }
  const example = readFileSync(new URL('MLmodel.example', oracle), 'utf8').split('\n')
  const { MLmodel } = mlmodelFiles(Buffer.from(model, 'base64'), {
    classNames: ['daisy', 'dandelion', 'rose', 'sunflower', 'tulip', '1: "Löwenzahn"'],
    trainedAt: '2026-11-23T11:58:53.212329Z',
  })
  const ours = MLmodel?.split('\n') ?? []
  // Versions of what wrote it, which we have not; a random id; and class names, which YAML quotes in two ways.
  const own = /^( {4}onnx_version|mlflow_version|model_uuid|metadata|  -)/
  expect(ours.filter((line) => !own.test(line))).toEqual(example.filter((line) => !own.test(line)))
  expect(ours).toContain('  - "1: \\"Löwenzahn\\""')
  expect(ours).toContain('  - "daisy"')
})

it('quotes any text for YAML', () => {
  expect(yamlText('rose')).toBe('"rose"')
  expect(yamlText('a "b" \\ c: #d')).toBe('"a \\"b\\" \\\\ c: #d"')
  expect(yamlText('line\nbreak\u2028\u0085\u007f\ud800🌸')).toBe('"line\\u000abreak\\u2028\\u0085\\u007f\\ud800🌸"')
})
