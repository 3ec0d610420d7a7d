using System.Diagnostics;
using Quern.Protocols.Branch.Recipes;

namespace Quern.Protocols.Branch;

/// <summary>Writes the data that both dialects carry, with their keys in the order of the originals.</summary>
internal static class BranchPayloads
{
    public static void Write(PythonJsonWriter json, IEnumerable<BranchFact> facts)
    {
        json.BeginObject();
        foreach (var fact in facts)
        {
            json.Name(fact.Name);
            if (fact.IsText) json.Text(fact.Value);
            else json.Token(fact.Value);
        }
        json.EndObject();
    }

    public static void Write(PythonJsonWriter json, IEnumerable<IEnumerable<string>> steps)
    {
        json.BeginArray();
        foreach (var step in steps) json.Texts(step);
        json.EndArray();
    }

    /// <summary>Everything an answer may carry beside fixed texts.</summary>
    public static void Write(PythonJsonWriter json, BranchAnswer answer, BranchDialect dialect)
    {
        switch (answer)
        {
            case BranchAnswer.LoggedOn loggedOn:
                json.BeginObject();
                json.Member(BranchKeys.AuthStatus, BranchWords.LoggedOn);
                json.Member(BranchKeys.LogonMessage, loggedOn.Message);
                json.EndObject();
                break;
            case BranchAnswer.PackageBuild build:
                BranchPackageBuildJson.Write(json, build.Build);
                break;
            case BranchAnswer.Texts texts:
                json.Texts(texts.Items);
                break;
            case BranchAnswer.Tree tree:
                json.Text(tree.Text);
                break;
            case BranchAnswer.Dependers dependers:
                json.BeginObject();
                json.Member(BranchKeys.ReleaseBuild, dependers.Release);
                json.Member(BranchKeys.CrossBuild, dependers.Cross);
                json.EndObject();
                break;
            case BranchAnswer.Jobs jobs:
                Write(json, jobs.Items, dialect);
                break;
            case BranchAnswer.JobLists lists:
                json.BeginObject();
                json.Name(BranchKeys.QueuedJobs);
                Write(json, lists.Queued, dialect);
                json.Name(BranchKeys.RunningJobs);
                Write(json, lists.Running, dialect);
                json.Name(BranchKeys.CompletedJobs);
                Write(json, lists.Completed, dialect);
                json.EndObject();
                break;
            case BranchAnswer.Clients clients:
                json.BeginObject();
                json.Member(BranchKeys.Controllers, clients.Controllers);
                json.Member(BranchKeys.Buildbots, clients.Bots);
                json.EndObject();
                break;
            case BranchAnswer.ClientInfo info:
                Write(json, info.Facts);
                break;
            case BranchAnswer.ExtraSources sources:
                json.BeginArray();
                foreach (var source in sources.Items)
                {
                    json.BeginObject();
                    json.Member(BranchKeys.Id, source.Id);
                    json.Member(BranchKeys.FileName, source.FileName);
                    json.Member(BranchKeys.Description, source.Description);
                    json.EndObject();
                }
                json.EndArray();
                break;
            case BranchAnswer.ExtraSourceInfo info:
                json.BeginObject();
                json.Member(BranchKeys.FileName, info.FileName);
                json.Member(dialect == BranchDialect.V1 ? BranchKeys.DataLengthV1 : BranchKeys.DataLength, info.Length);
                json.EndObject();
                break;
            case BranchAnswer.Deployment deployment:
                Write(json, deployment.Configuration);
                break;
            case BranchAnswer.Conflicts conflicts:
                json.BeginArray();
                foreach (var conflict in conflicts.Items)
                {
                    json.BeginObject();
                    json.Member(conflict.Owner, conflict.Path);
                    json.EndObject();
                }
                json.EndArray();
                break;
            default:
                throw new UnreachableException();
        }
    }

    private static void Write(PythonJsonWriter json, BranchDeployment deployment)
    {
        json.BeginObject();
        json.Member(BranchKeys.DeployRealRoot, deployment.RealRoot);
        json.Member(BranchKeys.DeployCrossRoot, deployment.CrossRoot);
        json.Member(BranchKeys.RealRootPackages, deployment.RealRootPackages);
        json.Member(BranchKeys.PackageListUrl, deployment.PackageListUrl);
        json.EndObject();
    }

    public static void Write(PythonJsonWriter json, IEnumerable<BranchJob> jobs, BranchDialect dialect)
    {
        json.BeginArray();
        foreach (var job in jobs)
        {
            json.BeginObject();
            json.Member(BranchKeys.JobId, job.Id);
            json.Member(BranchKeys.JobStatus, job.Status);
            json.Member(BranchKeys.JobName, job.Name);
            // Early V1 controllers know only the second of these keys, late ones only the first.
            if (dialect == BranchDialect.V1) json.Member(BranchKeys.JobNameV1, job.Name);
            json.Member(BranchKeys.Requester, job.Requester);
            json.EndObject();
        }
        json.EndArray();
    }
}
