import { createHash } from 'node:crypto'
import { readMetadata, readModel, type ModelProto } from '../../engine/index.ts'

/** ONNX's numbers for element types (TensorProto.DataType), as NumPy names them. */
const numpyTypes: Readonly<Record<number, string>> = { 1: 'float32', 6: 'int32', 7: 'int64', 9: 'bool' }

type ValueInfo = NonNullable<ModelProto['graph']>['input'][number]

/** A tensor as MLflow's signatures write it; −1 stands for any number of photos. */
function tensorSpec({ name, type }: ValueInfo) {
  const shape = type?.tensorType?.shape?.dim.map(({ value }) => (value.case === 'dimValue' ? Number(value.value) : -1))
  const dtype = numpyTypes[type?.tensorType?.elemType ?? 0]
  if (shape === undefined || dtype === undefined) throw new Error(`The tensor ${name} has no type that MLflow knows.`)
  return { name, type: 'tensor', 'tensor-spec': { dtype, shape } }
}

/** Characters that YAML 1.1 takes for line breaks or does not allow, and what a double-quoted scalar needs escaped. */
const special = /["\\\p{Cc}\p{Cs}\u2028\u2029\ufeff\ufffe\uffff]/gu

/** Text as a double-quoted YAML scalar. */
export const yamlText = (text: string): string =>
  `"${text.replace(special, (one) =>
    one === '"' || one === '\\' ? `\\${one}` : `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )}"`

const quoted = (value: unknown): string => `'${JSON.stringify(value).replaceAll("'", "''")}'`

/** What MLflow's scoring server imports. Without versions: a pin that differs from what is installed is a warning. */
const packages = ['mlflow', 'onnx', 'onnxruntime'] as const
/** MLflow wants three numbers here, and warns where the Python that loads the model has another minor version. */
const python = '3.11.7'

/**
 * What makes the folder of `model.onnx` a model of MLflow's, by file name: `mlflow models serve -m <folder>` runs it.
 * Without `--env-manager local` MLflow makes an environment by the last three.
 * @param model an ONNX file
 * @param trainedAt ISO 8601
 */
export function mlmodelFiles(
  model: Uint8Array,
  { classNames, trainedAt }: { classNames: readonly string[]; trainedAt: string },
): Record<string, string> {
  const proto = readModel(model)
  const { input = [], output = [] } = proto.graph ?? {}
  const preprocessing = readMetadata(proto)['fleuron.preprocessing']
  const mlmodel = `flavors:
  onnx:
    code: null
    data: model.onnx
    onnx_session_options: null
    providers:
    - CPUExecutionProvider
  python_function:
    data: model.onnx
    env:
      conda: conda.yaml
      virtualenv: python_env.yaml
    loader_module: mlflow.onnx
    python_version: ${python}
metadata:
  classes:
${classNames.map((name) => `  - ${yamlText(name)}\n`).join('')}${
    preprocessing === undefined ? '' : `  preprocessing: ${yamlText(preprocessing)}\n`
  }model_uuid: ${createHash('sha256').update(model).digest('hex').slice(0, 32)}
signature:
  inputs: ${quoted(input.map(tensorSpec))}
  outputs: ${quoted(output.map(tensorSpec))}
  params: null
utc_time_created: '${trainedAt.replace('T', ' ').replace('Z', '')}'
`
  return {
    MLmodel: mlmodel,
    'requirements.txt': packages.map((name) => `${name}\n`).join(''),
    'python_env.yaml': `python: ${python}\nbuild_dependencies:\n- pip\ndependencies:\n- -r requirements.txt\n`,
    'conda.yaml': `channels:\n- conda-forge\ndependencies:\n- python=${python}\n- pip\n- pip:\n${packages
      .map((name) => `  - ${name}\n`)
      .join('')}name: mlflow-env\n`,
  }
}
