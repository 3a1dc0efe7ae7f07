import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { precisions } from '../shared/prediction.ts'
import packageJson from '../package.json' with { type: 'json' }
import { classify, printClassification } from './cli/commands/classify.ts'
import { demo } from './cli/commands/demo.ts'
import { devices, printDevices } from './cli/commands/devices.ts'
import { evaluate, printEvaluation } from './cli/commands/evaluate.ts'
import { exportLabels } from './cli/commands/export-labels.ts'
import { importFolder, printImport } from './cli/commands/import.ts'
import { report } from './cli/commands/report.ts'
import { compare, printComparison, printRuns, runs } from './cli/commands/runs.ts'
import { printQuantization, quantize } from './cli/commands/quantize.ts'
import { sample } from './cli/commands/sample.ts'
import { start } from './cli/commands/start.ts'
import { findRate, printRates } from './cli/commands/lr-find.ts'
import { models, printModels } from './cli/commands/models.ts'
import { pause, resume } from './cli/commands/resume.ts'
import { printStudy, readyStudy, resumeStudy, sweep } from './cli/commands/study.ts'
import {
  printTrackingSettings,
  printTrackingStatus,
  trackingSet,
  trackingStatus,
  trackingSync,
  trackingTest,
} from './cli/commands/tracking.ts'
import { printTraining, train } from './cli/commands/train.ts'
import { exitStatus } from './cli/connection.ts'
import { output, type Output } from './cli/output.ts'
import { settingKeys } from './train/settings/set-settings.ts'

/** Runs a command and prints its result, for people or as JSON. */
async function show<T>(
  json: boolean | undefined,
  work: (out: Output) => Promise<T>,
  print?: (out: Output, result: T) => void,
) {
  const out = output(json === true)
  const result = await work(out)
  print?.(out, result)
  out.result(result)
}

const collect = (value: string, before: string[]): string[] => [...before, value]
function portNumber(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port < 65_536) return port
  throw new InvalidArgumentError('It takes a whole number from 0 (any free port) to 65535.')
}

function seedCount(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 1 && count <= 50) return count
  throw new InvalidArgumentError('It takes a whole number from 1 to 50.')
}

const json = ['--json', 'print one JSON document'] as const
const project = ['--project <dir>', 'folder of the project'] as const
const model = ['--model <dir>', 'folder of the trained model'] as const
const way = {
  model: ['--model <name>', 'a name of "fleuron models"; the recommended one when left out'],
  mode: ['--mode <mode>', 'scratch, finetune or frozen'],
  set: 'a setting, e.g. epochs=20; may be given again',
} as const
const settingsHelp = `
Settings of --set:
  ${settingKeys.filter((key) => !key.startsWith('augmentation.')).join(', ')}
  optimizer.<name>, schedule.<name>, loss.<name>: what the chosen one has of its own, e.g. optimizer.momentum=0.9
  augmentation.<transform>=on|off, augmentation.<transform>.<name>, e.g. augmentation.rotation.degrees=30`

const precision = () =>
  new Option('--precision <numbers>', 'the model itself, or its faster form').choices(precisions).default('fp32')

const program = new Command('fleuron')
  .description(packageJson.description)
  .version(packageJson.version)
  .exitOverride()
  .configureHelp({ showGlobalOptions: true })

program
  .command('import <folder>')
  .description('make a project of a folder of photos, or look at the folder of a project again')
  .requiredOption(...project)
  .option('--merge-case', 'folders whose names differ by case only (Rose, rose) become one class')
  .option('--no-merge-case', 'they stay apart')
  .option(...json)
  .action((folder: string, options) => show(options.json, () => importFolder(folder, options), printImport))

program
  .command('train')
  .description('train a model on the labelled photos of a project')
  .requiredOption(...project)
  .option(...way.model)
  .option(...way.mode)
  .option('--set <key=value>', way.set, collect, [])
  .option(...json)
  .addHelpText('after', settingsHelp)
  .action((options) => show(options.json, () => train(options), printTraining))

program
  .command('sweep')
  .description('train many settings, each with several seeds, and compare them')
  .requiredOption(...project)
  .requiredOption(
    '--spec <file>',
    'JSON, e.g. {"vary": {"learningRate": [0.001, 0.003]}, "seeds": 3} (docs/studies.md)',
  )
  .option(...json)
  .action((options) => show(options.json, () => sweep(options), printStudy))

const study = program.command('study').description('ready studies: what augmentation does, which network is best')
for (const [kind, about] of [
  ['augmentation', 'the same model without augmentation and with more and more of it: training against validation'],
  ['architecture', 'one network of each kind, each as it is best trained on these photos'],
] as const) {
  const command = study
    .command(kind)
    .description(about)
    .requiredOption(...project)
  if (kind === 'augmentation')
    command.option('--model <name>', 'what is trained (default: simple_cnn)').option(...way.mode)
  else
    command.option(
      '--way <model:mode>',
      'what to compare instead, e.g. resnet18:scratch; may be given again',
      collect,
      [],
    )
  command
    .option('--seeds <count>', 'how often each is trained', seedCount, 3)
    .option('--set <key=value>', way.set, collect, [])
    .option(...json)
    .action((options) => show(options.json, () => readyStudy(kind, options), printStudy))
}
study
  .command('resume <study>')
  .description('go on with a study that was paused or cut off')
  .requiredOption(...project)
  .option(...json)
  .action((named: string, options) => show(options.json, () => resumeStudy(named, options), printStudy))

program
  .command('runs')
  .description('list the training runs of a project, with the figures of their best epoch')
  .requiredOption(...project)
  .option('--archived', 'also those that were put away')
  .option(...json)
  .action((options) => show(options.json, () => runs(options), printRuns))

program
  .command('compare <run> <run>')
  .description('which photos one run gets right and the other does not, and whether that is more than chance')
  .requiredOption(...project)
  .option('--split <split>', 'photos to compare on: validation or test', 'validation')
  .option(...json)
  .action((first: string, second: string, options) =>
    show(options.json, () => compare(first, second, options), printComparison),
  )

const tracking = program.command('tracking').description('mirror runs to an MLflow server')

tracking
  .command('set')
  .description('where runs are mirrored to')
  .option('--url <address>', 'of the server, e.g. http://127.0.0.1:5000')
  .option('--user <name>', 'the password is taken from MLFLOW_TRACKING_PASSWORD, or asked for')
  .option('--token', 'a token, taken from MLFLOW_TRACKING_TOKEN, or asked for')
  .option('--off', 'mirror no more')
  .option('--project <dir>', 'folder of the project that the following belong to')
  .option('--experiment <name>', 'the name of the project when left empty')
  .option('--registered-model <name>', 'register the models of new runs under this name; not when left empty')
  .option('--alias <name>', 'alias that follows the model registered last; none when left empty')
  .option(...json)
  .action((options) => show(options.json, () => trackingSet(options), printTrackingSettings))

tracking
  .command('test')
  .description('ask the server what it is')
  .option(...json)
  .action((options) =>
    show(
      options.json,
      () => trackingTest(),
      (out, { sentence }) => out.line(sentence),
    ),
  )

tracking
  .command('sync')
  .description('send now what the server lacks of a project')
  .requiredOption(...project)
  .option(...json)
  .action((options) => show(options.json, () => trackingSync(options), printTrackingStatus))

tracking
  .command('status')
  .description('where runs are mirrored to, and how far each run of a project has got there')
  .option(...project)
  .option(...json)
  .action((options) =>
    show(
      options.json,
      () => trackingStatus(options),
      (out, status) => {
        printTrackingSettings(out, status.settings)
        printTrackingStatus(out, status)
      },
    ),
  )

program
  .command('resume <run>')
  .description('go on with a run that was paused or cut off; <run> is its number')
  .requiredOption(...project)
  .option(...json)
  .action((run: string, options) => show(options.json, () => resume(run, options), printTraining))

program
  .command('pause [run]')
  .description('pause the run that another process trains; "resume" goes on with it')
  .requiredOption(...project)
  .option(...json)
  .action((run: string | undefined, options) =>
    show(
      options.json,
      () => pause(run, options),
      (out, { number, state }) => out.line(`Run ${number} is ${state}`),
    ),
  )

program
  .command('report <run...>')
  .description('write one HTML page on a run, or on several side by side')
  .requiredOption(...project)
  .requiredOption('--to <file.html>', 'the file to write')
  .option(...json)
  .action((wanted: string[], options) =>
    show(
      options.json,
      () => report(wanted, options),
      (out, { to }) => out.line(`Report written to ${to}`),
    ),
  )

program
  .command('lr-find')
  .description('look for a good learning rate: the loss at rising rates, and what it suggests')
  .requiredOption(...project)
  .option(...way.model)
  .option(...way.mode)
  .option('--set <key=value>', way.set, collect, [])
  .option(...json)
  .action((options) => show(options.json, () => findRate(options), printRates))

program
  .command('models')
  .description('list the models that can be trained')
  .option(...json)
  .action((options) => show(options.json, () => models(), printModels))

program
  .command('devices')
  .description('what this computer can train on: each device is tried once, and what works may be chosen')
  .option('--again', 'try all of them anew')
  .option('--use <device>', 'a device of the list for new runs, or automatic: the fastest that works')
  .option(...json)
  .action((options) => show(options.json, () => devices(options), printDevices))

program
  .command('evaluate <folder>')
  .description('try a model on a folder with one folder of photos per class')
  .requiredOption(...model)
  .addOption(precision())
  .option(...json)
  .action((folder: string, options) => show(options.json, () => evaluate(folder, options), printEvaluation))

program
  .command('classify <folder>')
  .description('say what each photo of a folder shows: known, unsure or unknown')
  .requiredOption(...model)
  .addOption(precision())
  .option('--out <file.csv>', 'write a table of the predictions')
  .option(...json)
  .action((folder: string, options) => show(options.json, () => classify(folder, options), printClassification))

program
  .command('quantize')
  .description('make the faster form of a model (int8) and measure what it costs')
  .requiredOption(...model)
  .option('--photos <folder>', 'measure on these, one folder per class; else on the validation photos of its project')
  .option(...json)
  .action((options) => show(options.json, () => quantize(options), printQuantization))

program
  .command('export-labels')
  .description('write the labels to a CSV table or to a folder of classes')
  .requiredOption(...project)
  .requiredOption('--to <path>', 'a file that ends in .csv, or a new folder')
  .option('--copy', 'copy the photos into the folder instead of linking them')
  .option(...json)
  .action((options) =>
    show(
      options.json,
      () => exportLabels(options),
      (out, { to }) => out.line(`Labels written to ${to}`),
    ),
  )

program
  .command('sample')
  .description('draw the built-in sample')
  .requiredOption('--to <dir>', 'a new folder')
  .option(...json)
  .action((options) =>
    show(
      options.json,
      () => sample(options),
      (out, { flowers, field }) => out.line(`${flowers}\n${field}`),
    ),
  )

program
  .command('demo')
  .description('the whole loop on the built-in sample')
  .option(...json)
  .action((options) => show(options.json, demo))

program
  .command('start')
  .description('serve the application to a browser on this computer')
  .option('--headless', 'print the address, open no browser')
  .option('--port <number>', 'port to listen on', portNumber)
  .action((options) => start(options))

try {
  await program.parseAsync()
} catch (error) {
  // Commander has said what was wrong; its help and version "errors" end with 0.
  process.exitCode = error instanceof CommanderError ? (error.exitCode === 0 ? 0 : 2) : exitStatus(error)
}
