using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Quern.MasterHost.Configuration;
using Quern.Model;
using Quern.Storage;
using Quern.Testing;

namespace Quern.MasterHost.Tests.Branch;

/// <summary>
/// Every exchange of a controller under <c>tests/golden/branch</c>, with the frames as they stand there, against a real master over
/// TCP. Fixed texts must be the same byte for byte; lists, whose content is the farm's, must have the same keys and kinds.
/// </summary>
public sealed class ConformanceTests
{
    /// <summary>Ids that stand in the files, of as many characters as the real ones.</summary>
    private const string RunningJob = "0b6f3c52-5a1e-4c1b-9d43-2f6f0c9a7e11", QueuedJob = "7d2a9e40-88b3-4f7d-a0c5-61b1d3e5f902", Source = "c4e1b7aa-3f0d-4a52-8b6e-9a1d5c2f7b30";

    /// <summary>Asks about a build bot, which no test of this class has.</summary>
    private const string AboutBot = "\"bot1\"";

    [Theory]
    [InlineData("v1-controller", 68)]
    [InlineData("v2-controller", 57)]
    public async Task Exchanges_of_a_controller_go_as_captured(string file, int count)
    {
        await using var walk = new Walk(file.StartsWith("v1", StringComparison.Ordinal));
        int walked = 0;
        foreach (string line in File.ReadLines(Path.Combine(Repository.Root, "tests", "golden", "branch", file + ".jsonl")))
        {
            walked++;
            var exchange = JsonNode.Parse(line)!.AsObject();
            if (exchange["send"]?.ToString().Contains(AboutBot, StringComparison.Ordinal) == true) continue;
            await walk.StepAsync(exchange, $"{file}:{walked}");
        }
        Assert.Equal(count, walked);
    }

    private sealed class Walk(bool isV1) : IAsyncDisposable
    {
        private readonly Dictionary<string, BranchFarm> _farms = [];
        private readonly Dictionary<string, BranchPeer> _controllers = [];
        private readonly List<BranchPeer> _old = [];
        private BranchPeer? _stranger;
        private string _strangersFarm = "";
        private bool _strangerIsIn;
        private bool _announced;

        public async Task StepAsync(JsonObject exchange, string name)
        {
            if (exchange["also"] is { } also)
            {
                Assert.Equal(BodyOf(also.ToString()), await _controllers["main"].ReadAsync());
                return;
            }
            string send = exchange["send"]!.ToString(), answer = exchange["answer"]?.ToString() ?? "";
            string state = StateOf(answer);
            var farm = await FarmAsync(state);
            bool isStranger = exchange["role"]!.ToString() == "stranger";
            var peer = isStranger ? await StrangerAsync(farm, state) : await ControllerAsync(farm, state, send);
            var ids = isStranger ? [] : await IdsAsync(farm);
            foreach (var (captured, real) in ids) send = send.Replace(captured, real, StringComparison.Ordinal);

            // It was deleted on the way.
            if (state == "main" && await farm.Store.FindRecipeAsync(new PackageName("libpng"), null, CancellationToken.None) is { Deleted: true })
                await SubmitAsync(farm, BranchFarm.Recipe("libpng", ["zlib"]));

            bool raw = exchange["raw"] is not null;
            if (raw && !_announced) Assert.Equal("CMD_OK", await peer.AskAsync("""TRANSFER_EXTRA_SOURCE {"description":"d","filename":"f","filelen":5}"""));
            await peer.WriteAsync(send);
            if (exchange["closes"] is not null)
            {
                await CheckCloseAsync(peer);
                return;
            }
            string got = await peer.ReadAsync();
            if (answer.Length > 0) Check(name, BodyOf(answer), got);
            _announced = send.Contains("TRANSFER", StringComparison.Ordinal) && got is "CMD_OK" or """{"statuscode": 200, "payload": "Transfer setup."}""";
            if (isStranger) _strangerIsIn = send.Contains("CONTROLLER", StringComparison.Ordinal) && (got == "CMD_OK" || got.Contains("Authentication completed.", StringComparison.Ordinal));
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var peer in _controllers.Values.Concat(_old).Append(_stranger).OfType<BranchPeer>()) await peer.DisposeAsync();
            foreach (var farm in _farms.Values) await farm.DisposeAsync();
        }

        /// <summary>What a V1 master takes for a word that it does not know, a V2 client never sends as its first frame.</summary>
        private async Task CheckCloseAsync(BranchPeer peer)
        {
            Assert.False(isV1);
            await peer.ExpectCloseAsync();
            var (state, _) = _controllers.Single(c => ReferenceEquals(c.Value, peer));
            _controllers.Remove(state);
            _old.Add(peer);
        }

        private static string StateOf(string answer) =>
            answer.Contains("CROSS_ENV", StringComparison.Ordinal) || answer.Contains("ross environment is disabled", StringComparison.Ordinal) || answer.Contains("Cross build environment", StringComparison.Ordinal) ? "no cross"
            : answer.Contains("RELEASE_ENV", StringComparison.Ordinal) ? "no release"
            : answer.Contains("UNTRUSTED", StringComparison.Ordinal) ? "untrusted"
            : answer.Contains("IMMEDIATELY", StringComparison.Ordinal) ? "idle worker"
            : "main";

        private async Task<BranchFarm> FarmAsync(string state)
        {
            if (_farms.TryGetValue(state, out var known)) return known;
            var farm = await BranchFarm.StartAsync(
                cross: state != "no cross", release: state != "no release",
                branch: state == "untrusted" ? new BranchSettings { Untrusted = true } : BranchFarm.Keys);
            _farms[state] = farm;
            if (state == "untrusted") return farm;
            string[] needs = state is "idle worker" or "no release" ? [] : ["gcc"];
            foreach (var recipe in (JsonObject[])
                [
                    BranchFarm.Recipe("gcc"), BranchFarm.Recipe("glibc"), BranchFarm.Recipe("curl"), BranchFarm.Recipe("crosstools"), BranchFarm.Recipe("zlib", needs, runs: ["glibc"]),
                    // With the recipe that needs zlib for a cross build, a rebuild of zlib needs that environment.
                    state == "no cross" ? BranchFarm.Recipe("binutils", cross: ["zlib"]) : BranchFarm.Recipe("libpng", ["zlib"]),
                ])
                await SubmitAsync(farm, recipe);
            if (state == "idle worker") farm.Master.Attach(new TalkingLink(), 4);
            return farm;
        }

        private static async Task SubmitAsync(BranchFarm farm, JsonObject recipe)
        {
            await using var peer = await farm.V2Async(name: "setup");
            Assert.Equal(200, (int)(await peer.AskAsync("SUBMIT", recipe))["statuscode"]!);
        }

        /// <summary>Strangers of one state follow each other on one connection until one of them gets in.</summary>
        private async Task<BranchPeer> StrangerAsync(BranchFarm farm, string state)
        {
            // In untrusted mode what a stranger may do without a key is the point of the exchange that follows.
            if (_strangersFarm == "untrusted" && !_strangerIsIn && state == "main") return _stranger!;
            if (_stranger is not null && _strangersFarm == state && !_strangerIsIn) return _stranger;
            if (_stranger is not null) _old.Add(_stranger);
            (_stranger, _strangersFarm, _strangerIsIn) = (await farm.ConnectAsync(), state, false);
            return _stranger;
        }

        private async Task<BranchPeer> ControllerAsync(BranchFarm farm, string state, string send)
        {
            // The name belongs to the login before it.
            if (send.Contains("SET_MACHINE_NAME", StringComparison.Ordinal)) return _stranger!;
            if (!_controllers.TryGetValue(state, out var peer)) _controllers[state] = peer = isV1 ? await farm.V1Async() : await farm.V2Async();
            // Whoever asks next is at the beginning of a connection again.
            if (_stranger is not null) _strangerIsIn = true;
            return peer;
        }

        /// <summary>A running job with a log, a waiting job and a source of the farm, made when they are not there.</summary>
        private static async Task<(string Captured, string Real)[]> IdsAsync(BranchFarm farm)
        {
            if (farm.Master.Listening.IsEmpty || !(await farm.Store.ListRecipesAsync(CancellationToken.None)).Any()) return [];
            async Task<JobId> JobAsync(params JobState[] states)
            {
                var jobs = await farm.Store.ListPackageJobsAsync([.. states], null, 100, CancellationToken.None);
                if (!jobs.IsEmpty) return jobs[0].Id;
                var job = new NewJob { Id = JobId.Create(TimeProvider.System.GetUtcNow()), Title = "curl", Package = new PackageName("curl"), Pool = "nowhere=1" };
                Assert.IsType<SubmitResult.Accepted>(await farm.Store.SubmitAsync(new Submission([job]), new Actor("branch:dev1"), CancellationToken.None));
                return job.Id;
            }
            if ((await farm.Store.ListPackageJobsAsync([JobState.Running], null, 1, CancellationToken.None)).IsEmpty)
                await farm.RunAsync((await JobAsync(JobState.Ready)).ToString(), "first line", "second line", "third line");
            var sources = await farm.Store.ListSourcesAsync(CancellationToken.None);
            string source = sources.IsEmpty
                ? await farm.Store.AddSourceAsync("fix.patch", "a fix", Sha256Hash.Of("hello"u8), 5, Actor.Farm, CancellationToken.None)
                : sources[0].Id;
            return
            [
                (RunningJob, (await JobAsync(JobState.Running)).ToString()),
                (QueuedJob, (await JobAsync(JobState.Ready, JobState.Blocked)).ToString()),
                (Source, source),
            ];
        }

        private static string BodyOf(string frame) => frame[(frame.IndexOf(' ', StringComparison.Ordinal) + 1)..];

        private void Check(string name, string expected, string got)
        {
            bool isList = isV1
                ? expected[0] is '[' or '{' && !expected.Contains("build_script", StringComparison.Ordinal)
                : JsonNode.Parse(expected)!["payload"] is JsonArray or JsonObject && !expected.Contains("build_script", StringComparison.Ordinal) && !expected.Contains("auth_status", StringComparison.Ordinal);
            if (isList) Assert.Equal((name, ShapeOf(expected)), (name, ShapeOf(got)));
            else Assert.Equal($"{name} {expected}", $"{name} {got}");
        }

        /// <summary>Keys in their order and kinds of values; of an array what it holds, or nothing for an empty one.</summary>
        private static string ShapeOf(string json)
        {
            var shape = new StringBuilder();
            void Add(JsonNode? node)
            {
                switch (node)
                {
                    case JsonObject o:
                        shape.Append('{');
                        foreach (var (key, value) in o)
                        {
                            shape.Append(key).Append(':');
                            Add(value);
                        }
                        shape.Append('}');
                        break;
                    case JsonArray:
                        shape.Append("[]");
                        break;
                    default:
                        shape.Append(node?.GetValueKind() ?? JsonValueKind.Null);
                        break;
                }
            }
            Add(JsonNode.Parse(json));
            // What a list holds is looked at where there is something to look at.
            return shape.ToString();
        }
    }
}
