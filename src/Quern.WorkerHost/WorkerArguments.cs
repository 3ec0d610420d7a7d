using System.Collections.Immutable;
using System.Globalization;
using Quern.Model;

namespace Quern.WorkerHost;

/// <summary>The command line of <c>quern-worker</c> without a command word.</summary>
/// <param name="Options">What it says of the worker.</param>
/// <param name="PasswordFile">Holds the worker's password on its first line.</param>
internal sealed record WorkerArguments(WorkerOptions Options, string PasswordFile)
{
    public const string Usage =
        """
        usage: quern-worker --master URI --name NAME --password-file FILE [--dir DIR] [--maxretries N]
                            [--proxy-connection-string ENDPOINT] [--revision REVISION]
                            [--master-fingerprint SHA256]… [--certificate FILE [--certificate-key FILE]]
                            [--build-network yes|no] [--private-sources yes|no]

          --master URI          the master; pb://HOST:PORT speaks Buildbot's pb, ws://HOST:PORT its msgpack_experimental_v7;
                                pbs:// and wss:// the same within TLS; branch://HOST[:PORT] joins a Branch master as a build bot
          --name NAME           the name this worker logs in with
          --password-file FILE  its password, on the first line; for a Branch master its key, or an empty line for none
          --dir DIR             where builds happen; made when missing (default: the current directory)
          --maxretries N        give up after N failed attempts in a row (default: never)
          --proxy-connection-string ENDPOINT
                                an HTTP proxy on the way, like tcp:HOST:PORT or tls:HOST:PORT
          --master-fingerprint SHA256
                                for wss:// and pbs://: what the master's certificate, or its public key, must be (64 hexadecimal digits,
                                or base64); may be given several times. Default: an authority of this system must vouch for it
          --certificate FILE    for wss:// and pbs://: our own certificate (PEM), and its key unless --certificate-key names a file
          --revision v1         for ws:// and wss://: speak msgpack_experimental_v1, as masters of Buildbot 3.5 do (default: v7)
          --revision v2.1|v2.0|v1b
                                for branch://: speak this one alone (default: the youngest that the master knows)
          --build-network yes   for branch://: builds may reach the network (default: no)
          --private-sources yes for branch://: recipes may name sources at loopback and private addresses (default: no)
          --version, --help
        """;

    /// <summary>Null with a sentence for people when the arguments cannot be used.</summary>
    public static WorkerArguments? TryParse(ReadOnlySpan<string> arguments, out string problem)
    {
        string? master = null, name = null, passwordFile = null, directory = null, retries = null, proxy = null, revision = null, network = null, privateSources = null;
        string? certificate = null, certificateKey = null;
        var pins = ImmutableArray.CreateBuilder<CertificatePin>();
        for (int i = 0; i < arguments.Length; i++)
        {
            string option = arguments[i];
            string? value = null;
            if (option.IndexOf('=', StringComparison.Ordinal) is > 0 and var at) (option, value) = (option[..at], option[(at + 1)..]);
            if (option is not ("--master" or "--name" or "--password-file" or "--dir" or "--maxretries" or "--proxy-connection-string" or "--revision" or "--build-network" or "--private-sources"
                or "--master-fingerprint" or "--certificate" or "--certificate-key"))
                return Fail(out problem, $"unknown option '{option}'");
            if (value is null && ++i == arguments.Length) return Fail(out problem, $"{option} needs a value");
            value ??= arguments[i];
            switch (option)
            {
                case "--master": master = value; break;
                case "--name": name = value; break;
                case "--password-file": passwordFile = value; break;
                case "--dir": directory = value; break;
                case "--proxy-connection-string": proxy = value; break;
                case "--revision": revision = value; break;
                case "--build-network": network = value; break;
                case "--private-sources": privateSources = value; break;
                case "--certificate": certificate = value; break;
                case "--certificate-key": certificateKey = value; break;
                case "--master-fingerprint":
                    if (CertificatePin.TryParse(value) is not { } pin)
                        return Fail(out problem, $"--master-fingerprint: '{value}' is no SHA-256: 64 hexadecimal digits, or 32 bytes in base64");
                    pins.Add(pin);
                    break;
                default: retries = value; break;
            }
        }
        if (master is null) return Fail(out problem, "--master is missing");
        if (name is null) return Fail(out problem, "--name is missing");
        if (passwordFile is null) return Fail(out problem, "--password-file is missing");
        if (!MasterAddress.TryParse(master, out var address, out problem)) return Fail(out problem, $"--master: {problem}");
        BranchRevision? branch = null;
        if (revision is not null && address.Protocol == MasterProtocol.Branch)
        {
            branch = revision switch { "v2.1" => BranchRevision.V21, "v2.0" => BranchRevision.V20, "v1b" => BranchRevision.V1b, _ => null };
            if (branch is null) return Fail(out problem, $"--revision: '{revision}' is none of v2.1, v2.0 and v1b");
        }
        else if (revision is not null)
        {
            if (address.Protocol != MasterProtocol.MessagePack) return Fail(out problem, "--revision belongs to ws://, wss:// and branch://; pb has none");
            if (revision is not ("v7" or "v1")) return Fail(out problem, $"--revision: '{revision}' is neither v7 nor v1");
            if (revision == "v1") address = address with { Protocol = MasterProtocol.MessagePackV1 };
        }
        foreach (var (option, value) in ((string, string?)[])[("--build-network", network), ("--private-sources", privateSources)])
        {
            if (value is not null && address.Protocol != MasterProtocol.Branch) return Fail(out problem, $"{option} belongs to branch://; other masters say themselves what a build may do");
            if (value is not (null or "yes" or "no")) return Fail(out problem, $"{option}: '{value}' is neither yes nor no");
        }
        if (certificateKey is not null && certificate is null) return Fail(out problem, "--certificate-key needs --certificate");
        if (pins.Count > 0 || certificate is not null)
        {
            if (address.Endpoint is not ClientEndpoint.Tls tls) return Fail(out problem, "--master-fingerprint and --certificate belong to wss:// and pbs://");
            address = address with
            {
                Endpoint = tls with { Pins = pins.ToImmutable(), Certificate = Absolute(certificate), PrivateKey = Absolute(certificateKey) },
            };
        }
        if (proxy is not null)
        {
            if (!EndpointDescription.TryParse(proxy, out var way, out problem)) return Fail(out problem, $"--proxy-connection-string: {problem}");
            address = address.Through(way);
        }
        if (!WorkerName.TryParse(name, out var workerName)) return Fail(out problem, $"--name: '{name}' is not {WorkerName.Rule}");
        int? maxRetries = null;
        if (retries is not null)
        {
            if (!int.TryParse(retries, NumberStyles.None, CultureInfo.InvariantCulture, out int parsed))
                return Fail(out problem, $"--maxretries: '{retries}' is not a number");
            maxRetries = parsed;
        }
        problem = "";
        return new WorkerArguments(
            new WorkerOptions
            {
                Master = address,
                Name = workerName,
                BaseDirectory = Path.GetFullPath(directory ?? "."),
                MaxRetries = maxRetries,
                Revision = branch,
                BuildNetwork = network == "yes",
                PrivateSources = privateSources == "yes",
            },
            passwordFile);
    }

    private static string? Absolute(string? path) => path is null ? null : Path.GetFullPath(path);

    private static WorkerArguments? Fail(out string problem, string text)
    {
        problem = text;
        return null;
    }
}
