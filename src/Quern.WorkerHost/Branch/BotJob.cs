using System.Text;
using Quern.Model;
using Quern.Protocols.Branch;
using Quern.Protocols.Branch.Recipes;

namespace Quern.WorkerHost;

/// <summary>One order from its acceptance to the word that makes the bot ready for the next. Branch protocol, "V2 bot life cycle".</summary>
internal sealed class BotJob(BotTalk talk, BotWords words, BuildYard yard, ProgramRunner runner)
{
    private readonly BotLog _log = new(talk, words.IsLive, yard.Limits);

    /// <summary>Builds and sends the package, or says that there is none. The room is empty afterwards.</summary>
    /// <returns>What became of it, for the log of the worker.</returns>
    /// <exception cref="IOException">The connection is over.</exception>
    public async Task<string> RunAsync(BranchOrder order, CancellationToken cancellationToken)
    {
        string name = order is BranchOrder.Build build ? build.Package.Name : "an order";
        try
        {
            await StatusAsync(order is BranchOrder.Unusable ? BotWords.Invalid : BotWords.Accepted, cancellationToken);
            if (order is BranchOrder.Unusable bad) throw new BotFailureException(bad.Problem);
            await BuildAsync((BranchOrder.Build)order, cancellationToken);
            return $"built {name}";
        }
        catch (BotFailureException e)
        {
            await FailAsync(e.Message, cancellationToken);
            return $"did not build {name}: {e.Message}";
        }
        catch (JobGoneException e)
        {
            await yard.CloseRoomAsync(runner, cancellationToken);
            return $"gave {name} up: {e.Message}";
        }
    }

    private async Task BuildAsync(BranchOrder.Build order, CancellationToken cancellationToken)
    {
        var recipe = BotRecipe.Read(order.Package);
        string root = order.Type == BranchBuildType.Cross ? "cross" : "release";
        _log.Say(LogTag.Builder, $"building {recipe.Name} {recipe.Version} ({recipe.RealVersion}) in the {root} root");
        await _log.FlushAsync(cancellationToken);

        var deployed = await yard.DeployAsync(await DeploymentAsync(cancellationToken), runner, text => _log.Say(LogTag.Leaf, text), cancellationToken);
        string template = (order.Type == BranchBuildType.Cross ? deployed.Cross : deployed.Release)
            ?? throw new BotFailureException($"the master deploys no {root} root; switch it on there, and build the packages that it needs");
        var room = await yard.OpenRoomAsync(template, runner, cancellationToken);
        _log.Say(LogTag.Builder, "the root is ready");

        await StatusAsync(BotWords.RootReady, cancellationToken);
        await StatusAsync(words.Fetching, cancellationToken);
        await new BotSources(talk, yard, room, _log).FetchAsync(recipe, cancellationToken);
        await StatusAsync(words.Installing, cancellationToken);
        var needs = order.Type == BranchBuildType.Cross && !recipe.CrossDependencies.IsEmpty ? recipe.CrossDependencies : recipe.BuildDependencies;
        await yard.InstallAsync(needs.Select(n => n.Value), deployed, room, text => _log.Say(LogTag.Leaf, text), cancellationToken);
        await StatusAsync(BotWords.Building, cancellationToken);
        await RunScriptAsync(recipe, room, cancellationToken);
        string package = await MakePackageAsync(recipe, room, cancellationToken);

        if (!words.IsLive) await _log.SubmitAsync(cancellationToken);
        await StatusAsync(BotWords.Complete, cancellationToken);
        await UploadAsync(package, cancellationToken);
        await StatusAsync(words.Cleaning, cancellationToken);
        await yard.CloseRoomAsync(runner, cancellationToken);
    }

    private async Task<BranchDeployment> DeploymentAsync(CancellationToken cancellationToken)
    {
        var answer = await talk.AskAsync(new BranchRequest.DeploymentConfiguration(), cancellationToken);
        return answer is { IsDone: true, Data: BranchAnswer.Deployment deployment }
            ? deployment.Configuration
            : throw new BotFailureException($"the master's deployment configuration makes no sense: {answer.Text}");
    }

    private async Task RunScriptAsync(Recipe recipe, BuildRoom room, CancellationToken cancellationToken)
    {
        int? code = await room.RunScriptAsync(
            recipe, text => new ValueTask(_log.OutputAsync(Encoding.UTF8.GetString(text.Span), cancellationToken)), cancellationToken);
        _log.EndOutput();
        await _log.FlushAsync(cancellationToken);
        if (code is null) throw new BotFailureException($"the build script took longer than {yard.Limits.BuildTime.TotalSeconds:0} s and was ended");
        if (code != 0) throw new BotFailureException($"the build script ended with {code}");
    }

    private async Task<string> MakePackageAsync(Recipe recipe, BuildRoom room, CancellationToken cancellationToken)
    {
        var tree = room.ReadPackage(recipe);
        if (words.IsLive)
        {
            await StatusAsync(BotWords.Checking, cancellationToken);
            await CheckContentAsync(tree, cancellationToken);
        }
        await StatusAsync(words.Stripping, cancellationToken);
        await room.StripAsync(recipe, tree, text => _log.Say(LogTag.Strip, text), cancellationToken);
        return await room.PackAsync(recipe, room.ReadPackage(recipe), cancellationToken);
    }

    private async Task CheckContentAsync(PackageTree tree, CancellationToken cancellationToken)
    {
        var answer = await talk.AskAsync(new BranchRequest.SubmitContent([.. tree.Contents()]), cancellationToken);
        if (answer.IsDone) return;
        if (answer.Data is not BranchAnswer.Conflicts { Items: { Length: > 0 } conflicts }) throw new JobGoneException(answer.Text);
        const int shown = 100;
        foreach (var conflict in conflicts.Take(shown)) _log.Say(LogTag.Conflict, $"{conflict.Owner}: {conflict.Path}");
        throw new BotFailureException($"{conflicts.Length} files are in other packages already");
    }

    private async Task UploadAsync(string package, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(package, FileMode.Open, FileAccess.Read);
        var answer = await talk.UploadAsync(file, cancellationToken);
        if (!answer.IsDone) throw new BotFailureException($"the master does not take the package of {file.Length} bytes: {answer.Text}");
        _log.Say(LogTag.Builder, $"sent {file.Length} bytes");
    }

    private async Task FailAsync(string reason, CancellationToken cancellationToken)
    {
        try
        {
            _log.Fail(reason);
            await _log.SubmitAsync(cancellationToken);
        }
        catch (JobGoneException)
        {
            // Then nobody reads the log; the words that end the job follow all the same.
        }
        await talk.AskAsync(new BranchRequest.StatusUpdate(BotWords.Failed), cancellationToken);
        await yard.CloseRoomAsync(runner, cancellationToken);
    }

    /// <summary>Says how far the job is; what the log has collected goes first.</summary>
    private async Task StatusAsync(string status, CancellationToken cancellationToken)
    {
        await _log.FlushAsync(cancellationToken);
        var answer = await talk.AskAsync(new BranchRequest.StatusUpdate(status), cancellationToken);
        if (!answer.IsDone) throw new JobGoneException(answer.Text);
    }
}
