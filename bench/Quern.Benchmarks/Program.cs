using System.Globalization;
using Quern.Benchmarks;

// Usage: Quern.Benchmarks [--rounds N] [--folder DIR] [WORD]   (only the benchmarks whose name contains WORD)
// With QUERN_BENCH_POSTGRES="Host=...;Database=..." the store's are also run there, in tables of their own database.
// A new benchmark is a class beside these and a line here.
string? postgres = Environment.GetEnvironmentVariable("QUERN_BENCH_POSTGRES");
Func<IBenchmark>[] benchmarks =
[
    () => new LogAppend(lineBytes: 7, megabytes: 200),
    () => new LogAppend(lineBytes: 80, megabytes: 400),
    () => new LogAppend(lineBytes: 80, megabytes: 400, logs: 8),
    () => new LogSmall(),
    () => new LogRead(),
    () => new LogPages(),
    () => new BlobWrite(),
    () => new CodecUpdate(decode: true, lineBytes: 7),
    () => new CodecUpdate(decode: true, lineBytes: 80),
    () => new CodecUpdate(decode: false, lineBytes: 7),
    () => new CodecUpdate(decode: false, lineBytes: 80),
    () => PerspectiveTerm.SmallUpdate(decode: true),
    () => PerspectiveTerm.SmallUpdate(decode: false),
    () => PerspectiveTerm.TextUpdate(decode: true),
    () => PerspectiveTerm.TextUpdate(decode: false),
    () => PerspectiveTerm.FileBlock(decode: true),
    () => PerspectiveTerm.FileBlock(decode: false),
    () => PerspectiveTerm.Command(decode: true),
    () => PerspectiveTerm.Command(decode: false),
    PerspectiveCalls.Small,
    PerspectiveCalls.Text,
    () => new StoreJobs(null, jobs: 2000, workers: 1),
    () => new StoreJobs(null, jobs: 2000, workers: 8),
    .. postgres is null ? Array.Empty<Func<IBenchmark>>() :
    [
        () => new StoreJobs(postgres, jobs: 1000, workers: 1),
        () => new StoreJobs(postgres, jobs: 1000, workers: 8),
    ],
];

int rounds = 5;
string folder = Path.GetTempPath(), word = "";
for (int i = 0; i < args.Length; i++)
{
    if (args[i] == "--rounds" && i + 1 < args.Length) rounds = int.Parse(args[++i], CultureInfo.InvariantCulture);
    else if (args[i] == "--folder" && i + 1 < args.Length) folder = args[++i];
    else word = args[i];
}

Console.WriteLine($"{"benchmark",-44} {"median/s",12} {"slowest/s",12} {"fastest/s",12} {"per CPU s",12} {"alloc MB",9}  unit");
foreach (var create in benchmarks)
{
    await using var benchmark = create();
    if (!benchmark.Name.Contains(word, StringComparison.OrdinalIgnoreCase)) continue;
    var m = await Measurement.TakeAsync(benchmark, folder, rounds, TimeProvider.System);
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{m.Name,-44} {m.PerSecond,12:N0} {m.Slowest,12:N0} {m.Fastest,12:N0} {m.PerCpuSecond,12:N0} {m.AllocatedMegabytes,9:N1}  {m.Unit}"));
}
